// Every page in every state: nothing in the way of anybody, on any screen, light and dark.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { accessible, close, fill, label, launch, looks, ready, screenshot, somebody, visit } from "./desk.js";

before(launch);
after(close);

async function tour(t, name, options) {
  const see = async (page, state) => {
    await page.evaluate(() => document.activeElement?.blur());
    await accessible(page, `${state}-${name}`);
    await screenshot(page, `${state}-${name}`);
  };
  const page = await visit(t, "/", { reducedMotion: "reduce", ...options });
  await see(page, "start");
  await page.getByRole("link", { name: "Crear una solicitud" }).click();
  await ready(page);
  await see(page, "form");
  await page.locator("#submit").click();
  await page.locator("#summary h2").waitFor();
  await see(page, "form-errors");
  const values = somebody();
  await fill(page, values);
  await see(page, "form-filled");

  await page.context().setOffline(true);
  await page.locator("#submit").click();
  await page.locator("#notice button").first().waitFor();
  await see(page, "form-offline");
  await page.context().setOffline(false);
  const made = await label(page);
  await see(page, "created");

  await page.getByRole("button", { name: "Ver el estado" }).click();
  await ready(page);
  await see(page, "look-up");
  await fill(page, { email: "otra@example.com" });
  await page.getByRole("button", { name: "Consultar" }).click();
  await page.locator("#summary h2").waitFor();
  await see(page, "look-up-not-found");
  await fill(page, { label: made, email: values.email });
  await page.getByRole("button", { name: "Consultar" }).click();
  await page.locator("#ticket-title").waitFor();
  await see(page, "ticket");
  await page.locator("#mensaje").fill("a");
  await page.getByRole("button", { name: "Enviar respuesta" }).click();
  await page.locator("#summary h2").waitFor();
  await see(page, "ticket-errors");
  await page.locator("#mensaje").fill("¿Alguna novedad?");
  await page.getByRole("button", { name: "Enviar respuesta" }).click();
  await page.locator("#notice").waitFor();
  await see(page, "ticket-answered");
}

for (const [name, options] of looks) {
  test(`${name}: every state is accessible`, (t) => tour(t, name, options));
}

// A window of 1280 px at 200 % has 640, and at 400 % 320: what WCAG 2.2, 1.4.10, asks for.
for (const width of [320, 640]) {
  test(`nothing lies beside a screen of ${width} px`, (t) => tour(t, `${width}`, { viewport: { width, height: 700 } }));
}

test("text of twice the size stays on the screen", async (t) => {
  const page = await visit(t, "/solicitud", { viewport: { width: 640, height: 900 } });
  await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
  await accessible(page, "text-200");
  const size = await page.evaluate(() => parseFloat(getComputedStyle(document.querySelector("label")).fontSize));
  assert.ok(size >= 32, `${size} px`);
});
