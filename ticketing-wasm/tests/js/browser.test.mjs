// The package in Chromium: as a bare script from its own files, and as Vite's production build, both under a strict content
// security policy. TICKETING_SITES: a directory with `bare/` and `vite/`, each with an index.html.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";

import { chromium } from "playwright-core";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".ndjson": "text/plain" };
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'";
const sites = process.env.TICKETING_SITES;
const verdicts = process.env.TICKETING_VERDICTS;
const vectors = process.env.TICKETING_VECTORS;

const FILES = {
  "/verdicts.ndjson": verdicts,
  "/vectors.ndjson": vectors,
  "/vectors.js": new URL("./vectors.mjs", import.meta.url).pathname,
};

let server, origin, browser;

before(async () => {
  assert.ok(sites && verdicts && vectors, "TICKETING_SITES, TICKETING_VERDICTS and TICKETING_VECTORS are needed");
  server = createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname);
    const file = FILES[path] ?? join(sites, path.endsWith("/") ? `${path}index.html` : path);
    const stream = createReadStream(file);
    stream.on("open", () => {
      response.writeHead(200, { "Content-Type": TYPES[extname(path.endsWith("/") ? file : path)] ?? "text/plain", "Content-Security-Policy": POLICY });
      stream.pipe(response);
    });
    stream.on("error", () => response.writeHead(404).end());
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await chromium.launch({
    executablePath: process.env.TICKETING_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
});

after(async () => {
  await browser?.close();
  server?.close();
});

async function open(path) {
  const page = await browser.newPage();
  const failures = [];
  page.on("pageerror", (error) => failures.push(String(error)));
  page.on("console", (message) => message.type() === "error" && failures.push(message.text()));
  await page.goto(origin + path);
  await page.waitForFunction(() => globalThis.ticketing, undefined, { timeout: 20_000 }).catch((error) => {
    throw new Error(`${error.message}\n${failures.join("\n")}`);
  });
  return page;
}

for (const site of ["bare", "vite"]) {
  test(`${site}: a form is wired, checked and sent`, async () => {
    const page = await open(`/${site}/`);
    const error = (name) => page.locator(`#${name}-error`);

    await page.click("button");
    assert.equal(await error("nombre").textContent(), "Este dato es obligatorio.");
    assert.equal(await page.getAttribute("#nombre", "aria-invalid"), "true");
    assert.match(await page.getAttribute("#nombre", "aria-describedby"), /nombre-error/);
    assert.equal(await page.evaluate(() => document.activeElement.id), "nombre");

    await page.fill("#nombre", "Ana García");
    assert.equal(await error("nombre").isVisible(), false);
    assert.equal(await page.getAttribute("#nombre", "aria-invalid"), null);
    await page.fill("#email", "ana@example");
    await page.locator("#email").blur();
    assert.notEqual(await error("email").textContent(), "");
    await page.fill("#email", "ana@example.com");
    assert.equal(await error("email").textContent(), "");
    await page.selectOption("#tipo", "INCIDENTE");
    await page.fill("#categoria", "Sistemas");
    await page.fill("#prioridad", "ALTA");
    const before = Number(await page.textContent("#descripcion-count"));
    await page.fill("#descripcion", "No puedo iniciar sesión. 🦀");
    assert.equal(Number(await page.textContent("#descripcion-count")), before - 26);

    await page.evaluate(() => {
      const form = document.querySelector("form");
      form.requestSubmit();
      form.requestSubmit();
    });
    await page.waitForFunction(() => globalThis.sent.length > 0 && !document.querySelector("form").hasAttribute("aria-busy"));
    const sent = await page.evaluate(() => globalThis.sent);
    assert.equal(sent.length, 1, "a second submit sends nothing");
    assert.equal(sent[0].areaAsignada, "MESA");
    // The page's onSubmit answers with an error of the server's.
    assert.equal(await error("categoria").textContent(), "No hay tal categoría.");
    assert.equal(await page.textContent("form > [role=alert]"), "Asunto: Aquí sí.", "an error without a control");

    await page.evaluate(() => document.querySelector("form").reset());
    assert.equal(await error("categoria").textContent(), "");
    assert.equal(await page.locator("[role=alert]").count(), 0);
    assert.equal(Number(await page.textContent("#descripcion-count")), before);
    await page.close();
  });

  test(`${site}: a click that leaves a wrong field is not lost`, async () => {
    const page = await open(`/${site}/`);
    await page.fill("#nombre", "A");
    await page.fill("#prioridad", "x".repeat(60));
    const { x, y } = await page.locator("button").boundingBox();
    await page.mouse.click(x + 5, y + 5);
    // The click has submitted: the first wrong field has the focus.
    assert.equal(await page.evaluate(() => document.activeElement.id), "nombre");
    assert.notEqual(await page.textContent("#prioridad-error"), "");
    await page.close();
  });
}

test("the module says in a browser what the core says natively", async (t) => {
  const page = await open("/bare/");
  const cases = await page.evaluate(async () => {
    const { createValidator, parseLabel } = globalThis.ticketing;
    let validators;
    // The same members in another order are the same.
    const canonical = (value) => JSON.stringify(value, (_, member) =>
      member && typeof member === "object" && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
        : member);
    let cases = 0, rest = "";
    const stream = (await fetch("/verdicts.ndjson")).body.pipeThrough(new TextDecoderStream());
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return cases;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const { documents, rules, locale, form, now, verdict, sla, label, parsed } = JSON.parse(line);
        if (documents) {
          validators = documents.map((document) => createValidator(document));
          continue;
        }
        const values = JSON.parse(form);
        const validator = Object.assign(validators[rules], { locale });
        const found = [validator.validate(values), validator.sla(values, now), parseLabel(label)];
        if (canonical(found) !== canonical([verdict, sla, parsed])) throw new Error(`${line}\n${JSON.stringify(found)}`);
        cases++;
      }
    }
  });
  t.diagnostic(`${cases} forms`);
  // The first line is the documents of rules.
  assert.equal(cases + 1, (await readFile(verdicts)).reduce((lines, octet) => lines + (octet === 10), 0));
  await page.close();
});

test("clocks say in a browser what the published vectors say", async (t) => {
  const page = await open("/bare/");
  const cases = await page.evaluate(async () => {
    const { init, readClock } = await import("/bare/ticketing-wasm/desk.js");
    const { clockOf } = await import("/vectors.js");
    await init();
    const [{ zones }, ...cases] = (await (await fetch("/vectors.ndjson")).text()).trim().split("\n").map((line) => JSON.parse(line));
    for (const vector of cases) {
      const { due, elapsed, remaining, state } = readClock(clockOf(vector, zones));
      const { expect } = vector;
      const found = [due, elapsed, remaining, state], said = [expect.due, expect.elapsed_seconds, expect.remaining_seconds, expect.state];
      if (String(found) !== String(said)) throw new Error(`${vector.name}: ${found}`);
    }
    return cases.length;
  });
  t.diagnostic(`${cases} vectors`);
  assert.ok(cases > 2000);
  await page.close();
});
