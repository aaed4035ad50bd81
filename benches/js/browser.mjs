// What the page runs. `ticketing-wasm` is found by the bundler.

import * as ticketing from "ticketing-wasm";

import { contestants } from "./contestants/index.mjs";
import { judge, measure } from "./measure.mjs";

export async function run(options) {
  const all = await contestants(ticketing);
  judge(all);
  return measure(all, options);
}
