// The engine's rules in the browser. They are a build product that may be missing, and browsers that cannot run them exist:
// the server checks everything anyway.

import { locale, service } from "./page.js";

const load = async () => {
  const package_ = await import(new URL("ticketing-wasm/index.js", import.meta.url).href);
  await package_.init();
  return package_;
};

/** The validator under the desk's active rules; `null` where there is none. */
export async function validator() {
  try {
    const [package_, rules] = await Promise.all([load(), fetch(service("api/reglas"))]);
    // The built-in rules may not be this desk's.
    return rules.ok ? package_.createValidator(await rules.json(), { locale }) : null;
  } catch (error) {
    console.info("Checks are left to the server.", error);
    return null;
  }
}

/** Reads labels as people type them; `null` where nothing can. */
export async function labelReader() {
  try {
    return (await load()).parseLabel;
  } catch (error) {
    console.info("Labels are left to the server.", error);
    return null;
  }
}
