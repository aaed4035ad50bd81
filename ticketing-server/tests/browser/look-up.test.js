// The look-up as people use it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checksInBrowser, close, fill, label, launch, somebody, url, visit } from "./desk.js";

before(launch);
after(close);

async function made() {
  const values = somebody();
  const response = await fetch(`${url}/api/tickets/crear`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(values),
  });
  return { ...values, label: (await response.json()).ticketLabel };
}

const search = (page) => page.getByRole("button", { name: "Consultar" }).click();

test("a ticket is found, shown as a timeline, and answered", async (t) => {
  const ticket = await made();
  const page = await visit(t, "/consulta");
  await fill(page, { label: ticket.label, email: ticket.email });
  await search(page);
  assert.equal(await page.locator("#ticket-title").textContent(), ticket.asunto);
  assert.equal(await page.evaluate(() => document.activeElement.id), "ticket-title");
  assert.equal(await page.locator(".pill").textContent(), "Abierta");
  assert.deepEqual(await page.locator(".timeline .what").allTextContents(), ["Solicitud creada", "Plazo de respuesta"]);
  // In the reader's own words and zone.
  assert.match(await page.locator(".timeline time").first().textContent(), / de \w+ de \d{4}/);

  await page.locator("#mensaje").fill("a");
  await page.getByRole("button", { name: "Enviar respuesta" }).click();
  await page.locator("#mensaje-error").getByText("Escriba al menos 2 caracteres (ahora 1).").waitFor();
  assert.equal(await page.locator("#mensaje").inputValue(), "a");
  await page.locator("#mensaje").fill("¿Alguna novedad? <b>");
  await page.getByRole("button", { name: "Enviar respuesta" }).click();
  await page.getByText("Registramos su respuesta.").waitFor();
  assert.match(await page.locator(".timeline .now").textContent(), /Comentario · Usted.*¿Alguna novedad\? <b>/s);
});

test("a wrong e-mail address finds nothing, and what was typed stays", async (t) => {
  const ticket = await made();
  const page = await visit(t, "/consulta");
  await fill(page, { label: ticket.label, email: "otra@example.com" });
  await search(page);
  await page.locator("#summary").getByText("No encontramos una solicitud").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "summary");
  assert.equal(await page.locator("#label").inputValue(), ticket.label);
  await fill(page, { email: ticket.email });
  await search(page);
  await page.locator("#ticket-title").waitFor();
});

test("nothing typed is two errors", async (t) => {
  const page = await visit(t, "/consulta");
  await search(page);
  await page.locator("#summary").getByText("Hay 2 datos por corregir").waitFor();
  assert.equal(await page.locator("#label-error").textContent(), "Este dato es obligatorio.");
});

test("a label is read as people type it", async (t) => {
  const page = await visit(t, "/consulta");
  await checksInBrowser(page);
  await fill(page, { label: "tkt 2026 142" });
  await page.keyboard.press("Tab");
  assert.equal(await page.locator("#label-help").textContent(), "Se buscará TKT-2026-00142.");
  await fill(page, { label: "ciento cuarenta y dos" });
  await page.locator("#email").focus();
  assert.match(await page.locator("#label-help").textContent(), /^Eso no parece una etiqueta\./);
});

test("offline, the look-up says so and keeps what was typed", async (t) => {
  const ticket = await made();
  const page = await visit(t, "/consulta");
  await fill(page, { label: ticket.label, email: ticket.email });
  await page.context().setOffline(true);
  await search(page);
  await page.locator("#summary").getByText("Sin conexión").waitFor();
  assert.equal(await page.locator("#email").inputValue(), ticket.email);
  await page.context().setOffline(false);
  await search(page);
  await page.locator("#ticket-title").waitFor();
});

test("without scripts the look-up and the answer work", async (t) => {
  const ticket = await made();
  const page = await visit(t, `/consulta?label=${ticket.label}`, { javaScriptEnabled: false });
  await fill(page, { email: "otra@example.com" });
  await search(page);
  await page.locator("#summary").getByText("No encontramos una solicitud").waitFor();
  await fill(page, { label: ticket.label, email: ticket.email });
  await search(page);
  await page.locator("#mensaje").fill("¿Alguna novedad?");
  await page.getByRole("button", { name: "Enviar respuesta" }).click();
  await page.getByText("Registramos su respuesta.").waitFor();
});

test("the form without scripts leads to the look-up", async (t) => {
  const page = await visit(t, "/solicitud", { javaScriptEnabled: false });
  const values = somebody();
  await fill(page, values);
  await page.locator("#submit").click();
  const number = await label(page);
  await page.getByRole("button", { name: "Ver el estado" }).click();
  assert.equal(await page.locator("#label").inputValue(), number);
});
