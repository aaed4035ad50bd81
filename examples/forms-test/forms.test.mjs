// The examples of forms in Chromium, as people use them. `npm test` builds them before.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { files, serve } from "./server.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const packed = dirname(fileURLToPath(import.meta.resolve("ticketing-wasm/package.json")));
const EXAMPLES = {
  html: files(path("../form-html"), "/ticketing-wasm/", packed),
  react: files(path("../form-react/dist")),
  vue: files(path("../form-vue/dist")),
};
const REQUIRED = "Este dato es obligatorio.";
const axe = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.TICKETING_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
});

after(() => browser?.close());

for (const [name, site] of Object.entries(EXAMPLES)) {
  describe(name, () => {
    let server, page, failures;

    before(async () => { server = await serve(site); });
    after(() => server.close());

    beforeEach(async () => {
      Object.assign(server.state, { requests: [], rules: null, isLosingAnswers: false });
      failures = [];
      page = await browser.newPage();
      page.setDefaultTimeout(10_000);
      page.on("pageerror", (error) => failures.push(String(error)));
      page.on("console", (message) => {
        if (/Content Security Policy|Warning/.test(message.text())) failures.push(message.text());
      });
    });
    afterEach(async () => {
      await page.close();
      assert.deepEqual(failures, []);
    });

    const send = () => page.getByRole("button", { name: "Enviar" });
    const open = async () => {
      await page.goto(server.origin);
      await page.locator("button:enabled").waitFor();
    };
    const focused = () => page.evaluate(() => document.activeElement.id);

    /** What a screen reader says of a field's error: nothing, or the text that the field points to. */
    const errorOf = (id) => page.evaluate((id) => {
      const field = document.getElementById(id);
      const ids = (field.getAttribute("aria-describedby") ?? "").split(" ");
      const error = document.getElementById(`${id}-error`);
      const isShown = Boolean(error?.checkVisibility() && error.textContent);
      if (isShown !== (field.getAttribute("aria-invalid") === "true") || isShown !== ids.includes(`${id}-error`)) {
        return `half an error: ${field.outerHTML} ${error?.outerHTML}`;
      }
      return isShown ? error.textContent : null;
    }, id);

    /** Waits, as a person would, until a field has this error. */
    async function expectError(id, expected) {
      for (let tries = 0; tries < 50 && (await errorOf(id)) !== expected; tries++) await page.waitForTimeout(20);
      assert.equal(await errorOf(id), expected);
    }

    async function fillIn(values = {}) {
      const { nombre, email, tipo, categoria, descripcion, prioridad } = {
        nombre: "Ana García", email: "ana@example.com", tipo: "INCIDENTE", categoria: "Sistemas",
        descripcion: "No puedo iniciar sesión en Outlook.", prioridad: "ALTA", ...values,
      };
      // By their labels, so that each has one.
      await page.getByLabel("Nombre completo").fill(nombre);
      await page.getByLabel("Correo electrónico").fill(email);
      await page.getByLabel("Tipo de solicitud").selectOption(tipo);
      await page.getByLabel("Categoría", { exact: true }).fill(categoria);
      await page.getByLabel("Descripción").fill(descripcion);
      const priority = page.getByLabel("Prioridad");
      if (await priority.evaluate((control) => control.matches("select"))) await priority.selectOption(prioridad);
      else await priority.fill(prioridad);
    }

    async function expectAccessible() {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
    }

    test("an empty form is told what it lacks, and told less with each correction", async () => {
      await open();
      await expectAccessible();
      await send().click();
      for (const id of ["nombre", "email", "tipo", "categoria", "descripcion", "prioridad"]) await expectError(id, REQUIRED);
      assert.equal(await focused(), "nombre");
      await expectAccessible();

      await page.getByLabel("Nombre completo").fill("An");
      await expectError("nombre", "Escriba al menos 3 caracteres (ahora 2).");
      await page.getByLabel("Nombre completo").fill("Ana");
      await expectError("nombre", null);
      await expectError("email", REQUIRED);
      await send().click();
      await expectError("email", REQUIRED);
      assert.equal(await focused(), "email");
      await page.getByLabel("Tipo de solicitud").selectOption("QUEJA");
      await expectError("tipo", null);
      assert.deepEqual(server.state.requests, []);
    });

    test("a field is checked when it is left", async () => {
      await open();
      const email = page.getByLabel("Correo electrónico");
      await email.pressSequentially("ana@example");
      await expectError("email", null);
      await email.press("Tab");
      await page.locator("#email-error:not(:empty)").waitFor();
      assert.notEqual(await errorOf("email"), null);
      await email.fill("ana@example.com");
      await expectError("email", null);
    });

    test("a message that appears does not push the button away from the click", async () => {
      await open();
      const description = page.getByLabel("Descripción");
      await description.fill("x");
      await description.focus();
      await send().click();
      await expectError("nombre", REQUIRED);
    });

    test("a valid form is sent once and shows its label", async () => {
      await open();
      await fillIn();
      await send().dblclick();
      const status = page.getByRole("status").filter({ hasText: "TKT-2026-00042" });
      await status.waitFor();
      assert.equal(await status.evaluate((element) => element === document.activeElement), true);
      assert.equal(await send().count(), 0);
      assert.equal(server.state.requests.length, 1);
      const [{ key, body }] = server.state.requests;
      assert.match(key, /^[!-~]{16,255}$/);
      assert.deepEqual([body.nombre, body.areaAsignada, "telefono" in body], ["Ana García", "MESA", false]);
      await expectAccessible();
    });

    test("the server's errors are shown on their fields", async () => {
      await open();
      await fillIn({ categoria: "Nada" });
      await send().click();
      await expectError("categoria", "No hay tal categoría.");
      assert.equal(await focused(), "categoria");
      await expectError("nombre", null);

      await page.getByLabel("Categoría", { exact: true }).fill("Redes");
      await expectError("categoria", null);
      await send().click();
      await page.getByText("TKT-2026-00042").waitFor();
      const [refused, created] = server.state.requests;
      assert.notEqual(refused.key, created.key, "another request has another key");
    });

    test("who sends again after a lost answer sends the same key", async () => {
      await open();
      await fillIn();
      server.state.isLosingAnswers = true;
      await send().click();
      await page.getByRole("alert").filter({ hasText: "No hubo respuesta" }).waitFor();
      server.state.isLosingAnswers = false;
      await send().click();
      await page.getByText("TKT-2026-00042").waitFor();
      const { requests } = server.state;
      assert.ok(requests.length >= 2);
      assert.equal(new Set(requests.map(({ key, body }) => key + JSON.stringify(body))).size, 1);
    });

    test("the server's rules are the form's", async () => {
      server.state.rules = { tipos: ["AVERÍA", "PREGUNTA"], campos: { categoria: { min: 6 } } };
      await open();
      assert.deepEqual(await page.locator("#tipo option").allTextContents(), ["", "AVERÍA", "PREGUNTA"]);
      await fillIn({ tipo: "AVERÍA", categoria: "Redes" });
      await send().click();
      await expectError("categoria", "Escriba al menos 6 caracteres (ahora 5).");
      assert.deepEqual(server.state.requests, []);
    });
  });
}
