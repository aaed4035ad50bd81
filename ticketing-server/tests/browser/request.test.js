// The ticket form as people use it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checksInBrowser, close, fill, label, launch, ready, somebody, url, visit } from "./desk.js";

before(launch);
after(close);

const CREATE = `${url}/api/tickets/crear`;
const submit = (page) => page.locator("#submit").click();
const kept = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("ticketing.kept")));

test("an empty form is told everything that it lacks, and each error goes as it is mended", async (t) => {
  const page = await visit(t, "/solicitud");
  await checksInBrowser(page);
  let requests = 0;
  page.on("request", (request) => (requests += request.url() === CREATE ? 1 : 0));
  await submit(page);
  const summary = page.locator("#summary");
  assert.equal(await summary.locator("h2").textContent(), "Hay 6 datos por corregir");
  assert.equal(await page.evaluate(() => document.activeElement.id), "summary");
  assert.equal(requests, 0, "what cannot be a ticket is not sent");

  const required = ["tipo", "prioridad", "categoria", "descripcion", "nombre", "email"];
  const values = somebody();
  for (const [index, name] of required.entries()) {
    const control = page.locator(`#${name}`);
    const error = page.locator(`#${name}-error`);
    assert.equal(await error.textContent(), "Este dato es obligatorio.");
    assert.equal(await control.getAttribute("aria-invalid"), "true");
    assert.ok((await control.getAttribute("aria-describedby")).includes(`${name}-error`));
    await summary.locator(`a[href="#${name}"]`).click();
    assert.equal(await page.evaluate(() => document.activeElement.id), name, "the summary leads to the field");
    await fill(page, { [name]: values[name] });
    assert.equal(await error.isVisible(), false, `${name} is mended`);
    assert.equal(await control.getAttribute("aria-invalid"), null);
    assert.equal(await summary.locator("li").count(), required.length - 1 - index);
  }
  assert.equal(await summary.isVisible(), false);
});

test("a field says what is wrong when it is left, in the words of the rules", async (t) => {
  const page = await visit(t, "/solicitud");
  await checksInBrowser(page);
  for (const [name, value, message] of [
    ["email", "ana", "Al correo le falta la «@»."],
    ["nombre", "Al", "Escriba al menos 3 caracteres (ahora 2)."],
    ["descripcion", "corta", "Escriba al menos 10 caracteres (ahora 5)."],
    ["telefono", "1".repeat(31), "Escriba como máximo 30 caracteres (ahora 31)."],
  ]) {
    await page.locator(`#${name}`).fill(value);
    assert.equal(await page.locator(`#${name}-error`).isVisible(), false, "not while it is written");
    await page.keyboard.press("Tab");
    assert.equal(await page.locator(`#${name}-error`).textContent(), message);
    assert.equal(await page.locator("[role=status].visually-hidden").textContent().then((text) => text.endsWith(message)), true);
  }
  // What is only passed through is not complained about.
  await page.locator("#categoria").focus();
  await page.keyboard.press("Tab");
  assert.equal(await page.locator("#categoria-error").isVisible(), false);
});

test("the deadline is known before anything is sent", async (t) => {
  const page = await visit(t, "/solicitud");
  await checksInBrowser(page);
  assert.equal(await page.locator("#deadline").isVisible(), false);
  await fill(page, { tipo: "INCIDENTE", prioridad: "ALTA" });
  const high = await page.locator("#deadline").textContent();
  assert.match(high, /^Si la envía ahora: respuesta antes de .*\d{4}.*\.$/);
  await fill(page, { prioridad: "BAJA" });
  assert.notEqual(await page.locator("#deadline").textContent(), high);
});

test("a request is sent, and its label shown, copied and looked up", async (t) => {
  const page = await visit(t, "/solicitud", { permissions: ["clipboard-read", "clipboard-write"] });
  const values = somebody();
  await fill(page, values);
  await page.locator("#tieneWhatsapp").check();
  await submit(page);
  const made = await label(page);
  assert.equal(await page.evaluate(() => document.activeElement.id), "created-title");
  await page.getByRole("button", { name: "Copiar" }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), made);
  assert.equal(await page.evaluate(() => localStorage.length), 0, "nothing of it stays in the browser");

  await page.getByRole("button", { name: "Ver el estado" }).click();
  await ready(page);
  assert.equal(await page.locator("#label").inputValue(), made);
  await fill(page, { email: values.email });
  await page.getByRole("button", { name: "Consultar" }).click();
  assert.equal(await page.locator("#ticket-title").textContent(), values.asunto);
  assert.match(await page.locator(".details").textContent(), /WhatsApp\s*sí/);
});

test("a double click makes one ticket", async (t) => {
  const page = await visit(t, "/solicitud");
  await fill(page, somebody());
  let sent = 0;
  page.on("request", (request) => (sent += request.url() === CREATE ? 1 : 0));
  await page.locator("#submit").dblclick();
  await label(page);
  assert.equal(sent, 1);
});

test("the same form in two windows makes one ticket", async (t) => {
  const page = await visit(t, "/solicitud");
  await fill(page, somebody());
  const other = await page.context().newPage();
  await other.goto(`${url}/solicitud`);
  await ready(other);
  await submit(page);
  await submit(other);
  assert.equal(await label(other), await label(page));
});

test("a draft survives a reload, keeps its key, and is gone when it is thrown away", async (t) => {
  const page = await visit(t, "/solicitud");
  const values = somebody();
  await fill(page, values);
  await page.locator("#tieneWhatsapp").check();
  const key = () => page.evaluate(() => JSON.parse(localStorage.getItem("ticketing.draft")).key);
  const first = await key();
  await page.reload();
  await ready(page);
  for (const [name, value] of Object.entries(values)) assert.equal(await page.locator(`#${name}`).inputValue(), value);
  assert.equal(await page.locator("#tieneWhatsapp").isChecked(), true);
  assert.equal(await key(), first);

  await page.locator("#start-over").click();
  assert.equal(await page.locator("#nombre").inputValue(), "");
  await page.reload();
  await ready(page);
  assert.equal(await page.locator("#nombre").inputValue(), "");
});

test("offline, a request is kept and sent once the connection is back", async (t) => {
  const page = await visit(t, "/solicitud");
  await fill(page, somebody());
  await page.context().setOffline(true);
  await submit(page);
  const notice = page.locator("#notice");
  await notice.getByText("Sin conexión. Su solicitud quedó guardada").waitFor();
  assert.ok((await kept(page)).key);
  await page.context().setOffline(false);
  await label(page);
  assert.equal(await kept(page), null);
});

test("a request that waits is sent when the page is opened again", async (t) => {
  const page = await visit(t, "/solicitud");
  await fill(page, somebody());
  await page.context().setOffline(true);
  await submit(page);
  await page.locator("#notice").getByText("Sin conexión").waitFor();
  await page.goto("about:blank");
  await page.context().setOffline(false);
  await page.goto(`${url}/solicitud`);
  await label(page);
});

/** The server answers, and the answer is lost on its way. Returns the label in it. */
async function loseAnswer(page) {
  let made;
  await page.route(CREATE, async (route) => {
    made = (await (await route.fetch()).json()).ticketLabel;
    await route.abort();
  }, { times: 1 });
  await submit(page);
  await page.locator("#notice button").first().waitFor();
  return made;
}

test("an answer that is lost on its way makes no second ticket", async (t) => {
  const page = await visit(t, "/solicitud");
  await fill(page, somebody());
  const made = await loseAnswer(page);
  await page.locator("#notice").getByRole("button", { name: "Enviar ahora" }).click();
  assert.equal(await label(page), made);
});

test("whoever edits a request that had arrived after all gets its label, and is told", async (t) => {
  const page = await visit(t, "/solicitud");
  await fill(page, somebody());
  const made = await loseAnswer(page);
  await page.locator("#notice").getByRole("button", { name: "Volver a editar" }).click();
  await fill(page, { asunto: "Otra cosa" });
  await submit(page);
  assert.equal(await label(page), made);
  await page.getByText("Ya habíamos recibido una versión anterior").waitFor();
});

test("a request older than its key is safe for is not sent unasked", async (t) => {
  const page = await visit(t, "/solicitud");
  await fill(page, somebody());
  await page.context().setOffline(true);
  await submit(page);
  await page.locator("#notice").getByText("Sin conexión").waitFor();
  await page.evaluate(() => {
    const waiting = JSON.parse(localStorage.getItem("ticketing.kept"));
    waiting.at -= 23.5 * 60 * 60 * 1000;
    localStorage.setItem("ticketing.kept", JSON.stringify(waiting));
  });
  await page.goto("about:blank");
  await page.context().setOffline(false);
  let sent = 0;
  page.on("request", (request) => (sent += request.url() === CREATE ? 1 : 0));
  await page.goto(`${url}/solicitud`);
  const notice = page.locator("#notice");
  await notice.getByText("¿La enviamos?").waitFor();
  assert.equal(sent, 0);
  await notice.getByRole("button", { name: "Enviar ahora" }).click();
  await label(page);
});

test("a server that is busy is asked again", async (t) => {
  const page = await visit(t, "/solicitud");
  await fill(page, somebody());
  await page.route(CREATE, (route) => route.fulfill({
    status: 503, headers: { "Retry-After": "1" }, contentType: "application/problem+json",
    body: JSON.stringify({ status: 503, code: "unavailable", detail: "No por ahora." }),
  }), { times: 1 });
  await submit(page);
  await page.locator("#notice").getByText("No por ahora.").waitFor();
  await label(page);
});

test("without the checks, the server's errors stand beside their fields", async (t) => {
  const page = await visit(t, "/");
  await page.route("**/assets/ticketing-wasm/**", (route) => route.abort());
  await page.goto(`${url}/solicitud`);
  await ready(page);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.checks), "server");
  const values = somebody();
  await fill(page, { ...values, email: "ana" });
  await submit(page);
  await page.locator("#summary").getByText("Hay un dato por corregir").waitFor();
  assert.equal(await page.locator("#email-error").textContent(), "Al correo le falta la «@».");
  await fill(page, { email: values.email });
  assert.equal(await page.locator("#summary").isVisible(), false);
  await submit(page);
  await label(page);
});

test("the keyboard is enough", async (t) => {
  const page = await visit(t, "/solicitud");
  const values = { ...somebody(), subcategoria: "", areaAsignada: "" };
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  const order = ["tipo", "prioridad", "categoria", "subcategoria", "asunto", "areaAsignada", "descripcion", "nombre",
    "email", "telefono", "tieneWhatsapp", "documento", "empresaDepartamento"];
  for (const name of order) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), name, "the order of the page");
    const outline = await page.evaluate(() => {
      const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
      return outlineStyle !== "none" || boxShadow !== "none";
    });
    assert.ok(outline, `${name} shows that it has the focus`);
    if (name === "tieneWhatsapp") await page.keyboard.press("Space");
    else if (name === "tipo") await page.keyboard.type("Inc");
    else if (name === "prioridad") await page.keyboard.type("Al");
    else if (values[name]) await page.keyboard.insertText(values[name]);
  }
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "submit");
  await page.keyboard.press("Enter");
  await label(page);
  // From the title on: copy (where there is a clipboard), then the way to the look-up.
  await page.getByRole("button", { name: "Ver el estado" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/consulta\?label=/);
});

test("without scripts the form works, with its errors beside the fields", async (t) => {
  const page = await visit(t, "/solicitud", { javaScriptEnabled: false });
  await page.locator("#submit").click();
  await page.locator("#summary").getByText("Hay 6 datos por corregir").waitFor();
  assert.match(await page.title(), /^Error: /);
  await page.locator("#summary a[href='#email']").click();
  const values = somebody();
  await fill(page, { ...values, email: "ana" });
  await page.locator("#tieneWhatsapp").check();
  await page.locator("#submit").click();
  assert.equal(await page.locator("#email-error").textContent(), "Al correo le falta la «@».");
  for (const name of ["asunto", "descripcion", "tipo", "prioridad"]) {
    assert.equal(await page.locator(`#${name}`).inputValue(), values[name]);
  }
  assert.equal(await page.locator("#tieneWhatsapp").isChecked(), true);
  await fill(page, { email: values.email });
  await page.locator("#submit").click();
  const made = await label(page);
  // Sent again by a reload: the same ticket.
  await page.reload();
  assert.equal(await label(page), made);
});

for (const [language, title, error] of [
  ["en-US", "New request", "This field is required."],
  ["pt-BR", "Nova solicitação", "Este campo é obrigatório."],
]) {
  test(`the form speaks ${language}`, async (t) => {
    const page = await visit(t, "/solicitud", { locale: language });
    assert.equal(await page.locator("h1").textContent(), title);
    await submit(page);
    assert.equal(await page.locator("#nombre-error").textContent(), error);
    await page.getByRole("link", { name: "Español" }).click();
    assert.equal(await page.locator("h1").textContent(), "Nueva solicitud");
  });
}
