// The administrators' pages: users, tokens, webhooks, rules.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { close, launch, url } from "../desk.js";
import { PASSWORD, admin, answer, api, asAdmin, login, reads, readsAll, ticket } from "./console.js";

before(launch);
after(close);

const cell = (page, text) => page.locator("tbody tr", { hasText: text });
const press = (row, name) => row.getByRole("button", { name }).click();

test("a user is made, changed, locked out and deleted", async (t) => {
  const page = await asAdmin(t, { hash: "#/usuarios" });
  const email = `nueva.${process.pid}@example.com`;
  await page.getByRole("button", { name: "Nuevo usuario" }).click();
  await answer(page, { nombre: "N", email, rol: "AREA", password: "123" }, { stays: true });
  // What the server refuses stands at its field.
  await page.locator("#error-nombre:not([hidden])").waitFor();
  await reads(page.locator("#error-password"), /al menos 6/);
  await answer(page, { nombre: "Nueva Persona", area: "REDES", password: PASSWORD });
  const row = cell(page, email);
  await row.waitFor();
  assert.ok(await login({ email }));
  await press(row, "Editar a Nueva Persona");
  await page.locator("dialog [name=is_active]").uncheck();
  await answer(page, { nombre: "Otro Nombre" });
  await row.locator(".state", { hasText: "Inactivo" }).waitFor();
  await api("/api/auth/login", { method: "POST", body: { email, password: PASSWORD }, status: 403 });
  await press(row, "Eliminar a Otro Nombre");
  await answer(page, {});
  await row.waitFor({ state: "detached" });
});

test("a token is shown once, does what its scopes say, and ends when it is revoked", async (t) => {
  const page = await asAdmin(t, { hash: "#/tokens" });
  const name = `ERP ${process.pid}`;
  await page.getByRole("button", { name: "Nuevo token" }).click();
  await answer(page, { nombre: name }, { stays: true });
  const token = await page.locator("#secret").textContent();
  assert.match(token, /\S{20}/);
  await page.getByRole("button", { name: "Ya lo guardé" }).click();
  await page.locator("#secret").waitFor({ state: "detached" });
  assert.ok(!(await page.content()).includes(token));
  const made = await ticket();
  await api(`/v2/tickets/${made.uuid}`, { headers: { "X-API-TOKEN": token } });
  await api(`/v2/tickets/${made.uuid}/tags`, { headers: { "X-API-TOKEN": token }, method: "POST", body: { tag: { name: "vip" } }, status: 403 });
  await press(cell(page, name), `Revocar ${name}`);
  await answer(page, {});
  await cell(page, name).locator(".state", { hasText: "Revocado" }).waitFor();
  await api(`/v2/tickets/${made.uuid}`, { headers: { "X-API-TOKEN": token }, status: 401 });
});

test("a webhook that cannot be reached shows what it misses, and is told it once more", async (t) => {
  const page = await asAdmin(t, { hash: "#/webhooks" });
  const target = `http://127.0.0.1:9/${process.pid}`;
  await page.getByRole("button", { name: "Nuevo webhook" }).click();
  await answer(page, { url: "ftp://example.com" }, { stays: true });
  await page.locator("dialog .error:not([hidden]), dialog .problem").first().waitFor();
  await answer(page, { url: target, headers: "X-Desk: uno" }, { stays: true });
  await reads(page.locator("#secret"), /^whsec_/);
  await page.getByRole("button", { name: "Ya lo guardé" }).click();
  const row = cell(page, target).first();
  await row.waitFor();
  const made = await ticket();
  await press(row, "Entregas");
  const delivery = page.locator("tr.detail tbody tr", { hasText: made.label });
  await delivery.waitFor({ timeout: 30_000 });
  await reads(delivery, /Dirección no permitida/);
  await page.getByRole("button", { name: "Reenviar desde…" }).click();
  await answer(page, {});
  await page.locator(".toast", { hasText: "Se entrega otra vez" }).waitFor();
  await press(row, "Cambiar secreto");
  await page.locator("dialog footer .button").last().click();
  await page.locator("#secret").waitFor();
  await page.keyboard.press("Escape");
  await press(row, "Desactivar");
  await row.locator(".state", { hasText: "Inactivo" }).waitFor();
  await press(row, "Eliminar");
  await answer(page, {});
  await row.waitFor({ state: "detached" });
});

test("rules are judged as they are written, compared, and made active; who was slower is told", async (t) => {
  const page = await asAdmin(t, { hash: "#/reglas" });
  const editor = page.locator(".editor textarea");
  await editor.waitFor();
  const text = await editor.inputValue();
  const rules = JSON.parse(text);
  const written = (change) => {
    const copy = structuredClone(rules);
    change(copy);
    return JSON.stringify(copy, null, 2);
  };
  const verdict = (words) => page.locator(".verdict", { hasText: words }).waitFor();
  await verdict("Son las reglas activas.");
  await editor.fill(text.slice(0, -2));
  await verdict("No es JSON");
  await editor.fill(written((copy) => (copy.tipos = [])));
  await verdict("tipos: hace falta al menos un tipo");
  assert.equal(await page.getByRole("button", { name: "Vista previa" }).getAttribute("aria-disabled"), "true");
  await editor.fill(written((copy) => (copy.cierreAutomatico = rules.cierreAutomatico + 1)));
  await verdict("Son válidas");
  await page.getByRole("button", { name: "Vista previa" }).click();
  const change = page.locator("table.list tbody tr", { hasText: "cierreAutomatico" });
  await change.waitFor({ timeout: 30_000 });
  await readsAll(change.locator("td"), [String(rules.cierreAutomatico), String(rules.cierreAutomatico + 1)]);

  // Somebody else is faster.
  const token = await admin();
  const theirs = { ...(await api("/api/reglas")), reapertura: rules.reapertura + 1 };
  await api("/api/reglas", { token, method: "PUT", body: theirs });
  const apply = async () => {
    await page.getByRole("button", { name: "Activar estas reglas" }).click();
    await page.locator("dialog footer .button").last().click();
  };
  await apply();
  await page.locator(".problem", { hasText: "Otra persona activó otras reglas" }).waitFor();
  assert.equal((await api("/api/reglas")).cierreAutomatico, rules.cierreAutomatico);
  await page.getByRole("button", { name: "Ver las activas" }).click();
  await verdict("Son las reglas activas.");
  await editor.fill(written((copy) => Object.assign(copy, { reapertura: theirs.reapertura, cierreAutomatico: rules.cierreAutomatico + 1 })));
  await page.getByRole("button", { name: "Vista previa" }).click();
  await change.waitFor({ timeout: 30_000 });
  await apply();
  await page.locator(".toast", { hasText: "Reglas activas" }).waitFor();
  assert.equal((await api("/api/reglas")).cierreAutomatico, rules.cierreAutomatico + 1);
  await api("/api/reglas", { token, method: "PUT", body: rules });
  assert.ok(url);
});

test("why rules are refused is said in three languages", async () => {
  const { inWords } = await import("../../../assets/console/refusals.js");
  const { REFUSALS } = await import("../../../../ticketing-wasm/pkg/tables.js");
  const source = await readFile(new URL("../../../../ticketing-wasm/js/rules.js", import.meta.url), "utf8");
  const expected = [...source.matchAll(/expected\(path, ["`]([^"`]+)["`]\)/g)].map(([, what]) => `expected ${what.replace(/\$\{\w+\}/g, "7")}`);
  assert.ok(REFUSALS.length > 30 && expected.length > 8, `${REFUSALS.length} and ${expected.length}`);
  for (const english of [...REFUSALS, ...expected, "zona is missing", "rules have no such member", "expected close or same_time"]) {
    const said = english.replaceAll("{n}", "7").replaceAll("{d}", "2026-01-01").replaceAll("{}", "X");
    assert.equal(inWords(`sla: ${said}`, "en"), `sla: ${said}`);
    const words = said.match(/\b(the|is|are|there|expected|at|most|least|and|or|not|no|a|an)\b/g) ?? [];
    for (const locale of ["es", "pt"]) {
      const other = inWords(`sla.politicas[0]: ${said}`, locale);
      assert.match(other, /^sla\.politicas\[0\]: /);
      assert.notEqual(other.slice(18), said, locale);
      assert.ok(words.length === 0 || !/\b(the|is|are|there|expected|most|least|stands)\b/.test(other), other);
      // What was refused is in it.
      for (const part of said.match(/“X”|\b7\b|2026-01-01/g) ?? []) assert.ok(other.includes(part), other);
    }
  }
});
