// Every page of the console in every state: nothing in the way of anybody, on any screen, light and dark, in each language.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { accessible, close, launch, looks, screenshot, url, visit } from "../desk.js";
import { admin, api, asAdmin, colleague, enter, fill, rows, ticket } from "./console.js";
import { bundled, place } from "./vendor.js";

before(async () => {
  await launch();
  await fill();
});
after(close);

/** A ticket to which much has happened. */
async function busy() {
  const made = await ticket({ asunto: "La VPN se desconecta cada diez minutos", prioridad: "ALTA", areaAsignada: "REDES" });
  const token = await admin();
  const act = (action, body) => api(`/api/tickets/${made.uuid}/${action}`, { token, method: "POST", body });
  const [{ id }] = await api("/v2/agents", { token });
  await act("asignar", { agenteId: id, motivo: "Turno de la mañana" });
  await api(`/v2/tickets/${made.uuid}/actions`, { token, method: "POST", body: { type: "INTERNAL", description: "El proveedor tiene un corte desde las 8:00.\nAviso cuando respondan." } });
  await act("actualizar", { respuesta: "Buenos días. Estamos revisando el enlace; le aviso en cuanto sepamos más." });
  await api("/api/tickets/comentar", { method: "POST", body: { label: made.label, email: made.email, mensaje: "Gracias. Sigue fallando en el piso 3." } });
  await act("pausar", { motivo: "Espera al proveedor" });
  return made;
}

async function tour(t, name, options) {
  const page = await asAdmin(t, { reducedMotion: "reduce", ...options });
  const see = async (state) => {
    await page.waitForTimeout(150);
    await accessible(page, `${state}-${name}`);
    await screenshot(page, `console-${state}-${name}`);
  };
  const go = async (hash, selector) => {
    await page.goto(`${url}/consola#/${hash}`);
    await page.locator(selector).first().waitFor();
  };
  const shut = async () => {
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  };
  await rows(page);
  await see("queue");
  await page.locator(".ticket-row input").first().check();
  await page.locator(".bulk").waitFor();
  await see("queue-bulk");
  await page.keyboard.press("Escape");
  await page.locator("#search").fill("nadieescribioesto");
  await page.getByRole("heading", { name: "Ningún ticket cumple estas condiciones" }).waitFor();
  await see("queue-nothing");
  await page.locator("#search").fill("");
  await rows(page);

  const made = await busy();
  await go(`tickets/${made.uuid}`, "#ticket-title");
  await see("ticket");
  await page.locator(".sla details summary").first().click();
  await see("ticket-intervals");
  await page.keyboard.press("t");
  await page.locator("dialog textarea").waitFor();
  await page.locator("dialog footer .button").last().click();
  await page.locator("#error-motivo:not([hidden])").waitFor();
  await see("ticket-action");
  await shut();
  await page.keyboard.press("?");
  await page.locator("dialog .keys").first().waitFor();
  await see("keys");
  await shut();
  await go("tickets/00000000-0000-0000-0000-000000000000", "main.blank h1");
  await see("ticket-none");

  await go("usuarios", "tbody tr");
  await see("users");
  await page.getByRole("button", { name: "Nuevo usuario" }).click();
  await see("users-new");
  await shut();
  await go("tokens", "main.admin h1");
  await see("tokens");
  await page.getByRole("button", { name: "Nuevo token" }).click();
  await see("tokens-new");
  await shut();
  await go("webhooks", "main.admin h1");
  await see("webhooks");
  await page.getByRole("button", { name: "Nuevo webhook" }).click();
  await see("webhooks-new");
  await shut();
  await go("reglas", ".editor");
  await see("rules");
  await go("nuevo", "form.form");
  await page.locator("main form footer .button").last().click();
  await page.locator("[aria-invalid=true]").first().waitFor();
  await see("new");
}

for (const [name, options] of looks) {
  test(`${name}: every state is accessible`, (t) => tour(t, name, options));
}

test("a wall screen and a narrow one have all of it", async (t) => {
  for (const [name, width, height] of [["wall", 2560, 1440], ["tablet", 1024, 768], ["320", 320, 700]]) {
    const page = await asAdmin(t, { viewport: { width, height } });
    await rows(page);
    await accessible(page, `queue-${name}`);
    await screenshot(page, `console-queue-${name}`);
  }
});

test("logging in, and a desk that is broken", async (t) => {
  for (const [name, options] of looks) {
    const page = await visit(t, "/consola", { ...options, plain: true });
    await page.locator("main.login").waitFor();
    await accessible(page, `login-${name}`);
    await screenshot(page, `console-login-${name}`);
    await page.route("**/api/tickets/cola**", (route) => route.abort());
    const who = await colleague();
    await page.locator("input[name=email]").fill(who.email);
    await page.locator("input[name=password]").fill("no es esta");
    await page.locator("form .button").click();
    await page.locator(".problem").waitFor();
    await page.locator("input[name=password]").fill("contraseña-de-prueba");
    await page.locator("form .button").click();
    await page.getByRole("heading", { name: "Los tickets no se pudieron cargar" }).waitFor();
    await accessible(page, `broken-${name}`);
    await screenshot(page, `console-broken-${name}`);
    // It mends itself when it is asked to.
    await page.unroute("**/api/tickets/cola**");
    await page.getByRole("button", { name: "Reintentar" }).click();
    await rows(page);
  }
});

test("an empty desk says so", async (t) => {
  const page = await enter(t, await colleague("AREA", { area: `VACIA ${process.pid}` }));
  await page.getByRole("heading", { name: "Todo atendido" }).waitFor();
  await accessible(page, "queue-empty");
  await screenshot(page, "console-queue-empty");
});

for (const [locale, words] of [["en-GB", ["Help desk", "Open", "Subject", "Rules"]], ["pt-BR", ["Central de ajuda", "Abertos", "Assunto", "Regras"]]]) {
  test(`all of it is said in ${locale}`, async (t) => {
    const page = await asAdmin(t, { locale, hash: `#/` });
    const said = async () => {
      const text = await page.evaluate(() => document.body.innerText);
      // A text that is missing shows its name.
      const names = text.match(/^[a-z-]+(\.[\w-]+)+$/gm) ?? [];
      assert.deepEqual(names, []);
      return text;
    };
    await rows(page);
    const text = await said();
    for (const word of words) assert.ok(text.includes(word), word);
    const made = await busy();
    for (const [hash, selector] of [[`tickets/${made.uuid}`, "#ticket-title"], ["usuarios", "tbody"], ["tokens", "main h1"], ["webhooks", "main h1"], ["reglas", ".editor"], ["nuevo", "form.form"]]) {
      await page.goto(`${url}/consola#/${hash}`);
      await page.locator(selector).first().waitFor();
      await said();
      await page.keyboard.press("?");
      await said();
      await page.keyboard.press("Escape");
    }
  });
}

test("each text has three languages", async () => {
  const { TEXTS } = await import("../../../assets/console/texts.js");
  await import("../../../assets/console/texts-later.js");
  await import("../../../assets/console/dashboard-texts.js");
  for (const [key, texts] of Object.entries(TEXTS)) {
    assert.equal(texts.length, 3, key);
    const values = texts.map((text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort().join());
    assert.equal(new Set(values).size, 1, `${key}: ${texts}`);
  }
});

for (const name of ["lit", "d3"]) {
  test(`${name} is what npm has, and nothing else`, async () => {
    const hash = (octets) => createHash("sha256").update(octets).digest("hex");
    assert.equal(hash(await readFile(place(name))), hash(await bundled(name)), "run `npm run vendor`");
  });
}
