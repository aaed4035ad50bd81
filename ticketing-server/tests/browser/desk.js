// What the tests share: a real browser, a person's hands and eyes, and the API to look behind the pages.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

import { chromium } from "playwright-core";

/** Where a server runs. These tests start none. */
export const url = process.env.TICKETING_URL?.replace(/\/$/, "");
assert.ok(url, "TICKETING_URL must say where a server runs, such as http://127.0.0.1:8080");

/** Where screenshots go; none are taken where nothing is said. */
const screenshots = process.env.TICKETING_SCREENSHOTS;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser;
export const launch = async () => {
  browser = await chromium.launch({
    executablePath: process.env.TICKETING_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
};
export const close = () => browser.close();

/** Desktop and phone, light and dark. */
export const looks = [
  ["desktop-light", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
  ["desktop-dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
  ["phone-light", { viewport: { width: 360, height: 740 }, colorScheme: "light" }],
  ["phone-dark", { viewport: { width: 360, height: 740 }, colorScheme: "dark" }],
];

/** A person's browser with a page open: of the server, or `at` another address; a `plain` one is not waited for. What breaks in it, or what its policy forbids, fails the test. */
export async function visit(t, where, options = {}) {
  const { at = url, plain = false, ...more } = options;
  const context = await browser.newContext({ locale: "es-CO", timezoneId: "America/Bogota", ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const broken = [];
  page.on("pageerror", (error) => broken.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|Uncaught/.test(message.text())) broken.push(message.text());
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(broken, []);
  });
  await page.goto(at + where);
  if (!plain && options.javaScriptEnabled !== false) await ready(page);
  return page;
}

/** The page's script has done what it does at the beginning: it knows who checks. */
export async function ready(page) {
  if (new URL(page.url()).pathname !== "/") await page.waitForSelector("html[data-checks]");
}

/** These tests are of the checks in the browser too; without the package there is nothing to test. */
export async function checksInBrowser(page) {
  const checks = await page.evaluate(() => document.documentElement.dataset.checks);
  assert.equal(checks, "browser", "the server has no browser checks: run `cargo xtask wasm` and build it again");
}

let people = 0;
/** A ticket's fields, each time of somebody else, so that no limit by address is met. */
export const somebody = () => ({
  tipo: "INCIDENTE",
  prioridad: "ALTA",
  categoria: "Sistemas",
  asunto: "No puedo acceder a mi correo corporativo",
  descripcion: "Desde esta mañana no puedo iniciar sesión en Outlook.\nAparece el error 403 Forbidden.",
  nombre: "Ana García",
  email: `ana.${process.pid}.${(people += 1)}@example.com`,
  telefono: "+573001234567",
});

export async function fill(page, values) {
  for (const [name, value] of Object.entries(values)) {
    const control = page.locator(`#${name}`);
    if (await control.evaluate((element) => element.matches("select"))) await control.selectOption(value);
    else await control.fill(value);
  }
}

/** The label that a page shows large. */
export async function label(page) {
  const text = await page.locator("[data-slot=label]").textContent();
  assert.match(text, /^[A-Z]+-\d{4}-\d{5,}$/);
  return text;
}

/** Nothing in the way of people who do not see, do not use a mouse, or need more contrast; nothing beside the screen. */
export async function accessible(page, state) {
  // Evaluated by the debugger, which the page's policy does not bind.
  const { violations } = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ html }) => html).join("\n  ")}`);
  assert.deepEqual(found, [], state);
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(content <= screen, `${state} is ${content} px wide on a screen of ${screen} px`);
}

export async function screenshot(page, state) {
  if (!screenshots) return;
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: path.join(screenshots, `${state}.png`), fullPage: true });
}
