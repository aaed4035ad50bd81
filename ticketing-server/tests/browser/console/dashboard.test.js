// The dashboard: its figures beside the API's and beside tickets made by hand, live, by area, on every screen and on paper.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { accessible, close, launch, looks, screenshot, url } from "../desk.js";
import { PASSWORD, address, admin, api, asAdmin, colleague, each, enter, fill, line, login, soon, ticket } from "./console.js";

before(async () => {
  await launch();
  await fill();
});
after(close);

const act = async (uuid, action, body, token) => api(`/api/tickets/${uuid}/${action}`, { token: token ?? (await admin()), method: "POST", body });
const report = async (query, token) => api(`/api/reportes?${new URLSearchParams(query)}`, { token: token ?? (await admin()) });
/** A text that is all of what stands somewhere. */
const exactly = (text) => new RegExp(`^\\s*${String(text).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*$`);
const card = (page, id) => page.locator(`section[aria-labelledby="board-${id}"]`);
const shows = (page, id, selector, text) => card(page, id).locator(selector, { hasText: exactly(text) }).first().waitFor();
const chart = (page, id) => page.locator(`[data-chart="${id}"]`);
/** Everything is there, and of what is wanted. */
const settled = (page) => page.waitForFunction(() => document.querySelectorAll(".board-card").length >= 9 && !document.querySelector(".board-card[aria-busy=true], .board-card.old"));

/** The parameters of a view. */
const asked = (hash) => Object.fromEntries(new URLSearchParams(hash.split("?")[1]));

let areas = 0;
/** An area with a morning's work: two resolved, one of them opened again, one that waits, one canceled, one that somebody else got. */
async function busyArea() {
  const area = `TABLERO ${process.pid} ${(areas += 1)}`;
  const made = [];
  for (const prioridad of ["CRITICA", "ALTA", "MEDIA", "BAJA", "ALTA", "MEDIA"]) made.push(await ticket({ areaAsignada: area, prioridad }));
  const laura = await colleague();
  await act(made[0].uuid, "asignar", { agenteId: laura.id, motivo: "Turno" });
  await act(made[0].uuid, "actualizar", { estado: "RESUELTO", respuesta: "Listo, ya funciona." });
  await act(made[1].uuid, "actualizar", { estado: "RESUELTO", respuesta: "Listo, ya funciona." });
  await act(made[1].uuid, "reabrir", { motivo: "Volvió a fallar" });
  await act(made[2].uuid, "pausar", { motivo: "Espera al proveedor" });
  await act(made[3].uuid, "cancelar", { rol: "AGENTE", motivo: "Repetido" });
  await act(made[4].uuid, "transferir", { nuevaArea: "REDES", motivo: "Es de la red" });
  return { area, made, laura };
}

test("what it shows is what was done, and what the API says", async (t) => {
  const { area, laura } = await busyArea();
  const page = await asAdmin(t, { hash: `#/tablero?area=${encodeURIComponent(area)}&rango=7d` });
  await settled(page);
  // By hand: six were created and one opened again; two were resolved and one canceled; three are open here.
  await shows(page, "inflow", ".large", 7);
  await shows(page, "backlog", ".large", "3 abiertos ahora");
  assert.deepEqual(await card(page, "backlog").locator(".bars td:last-child").allTextContents(), ["3", "0", "0", "0", "0", "0"]);
  const summary = (name) => card(page, "summary").locator(".summary > div", { hasText: name }).locator("dd");
  for (const [name, text] of [["Entradas", "7"], ["Salidas", "3"], ["Pendientes", "3"], ["Transferencias", "1"], ["Reabiertos", "1"], ["Tasa de reapertura", "50 %"], ["Resolución a tiempo", "100 %"]]) {
    await summary(name).filter({ hasText: exactly(text) }).waitFor();
  }
  // One stands still, two have hours or days left, none is overdue.
  assert.deepEqual(await card(page, "risk").locator(".risk strong").allTextContents(), ["0", "0", "1", "2"]);
  await card(page, "risk").getByText("1 con el reloj detenido, 0 sin plazo").waitFor();

  // By area and by agent, as the API has it.
  const { filas } = await report({ por: "agente", area, periodo: "anio" });
  const rows = card(page, "by-agente").locator("tbody tr");
  // The first figures may have been made before all of it was summed up.
  await rows.nth(filas.length - 1).waitFor();
  assert.equal(await rows.count(), filas.length);
  await rows.filter({ hasText: laura.nombre }).filter({ hasText: /1.*100 %/ }).waitFor();

  // Behind each chart stands its table, with the API's figures.
  const { total, periodos } = await report({ area, periodo: "dia", desde: new Date(Date.now() - 6 * 86_400_000).toISOString().slice(0, 10) });
  const today = total.periodos.at(-1);
  await card(page, "flow").locator("summary", { hasText: "Tabla" }).click();
  const body = card(page, "flow").locator(".behind tbody tr");
  await body.first().waitFor();
  assert.equal(await body.count(), periodos.length);
  assert.deepEqual(await body.last().locator("td").allTextContents(), [today.entradas, today.salidas].map(String));
});

test("each figure says what it counts, in the words of the API", async (t) => {
  const page = await asAdmin(t, { hash: "#/tablero" });
  await settled(page);
  const { medidas } = await report({ medidas: "entradas,salidas,tasaReapertura" });
  for (const { definicion } of medidas.slice(0, 2)) {
    await card(page, "flow").locator(".about > summary").click();
    await card(page, "flow").locator(".bubble", { hasText: definicion }).waitFor();
    await page.keyboard.press("Escape");
    await card(page, "flow").locator(".bubble").waitFor({ state: "hidden" });
  }
  // One that is open goes when somebody looks at another.
  await card(page, "flow").locator(".about > summary").click();
  await card(page, "backlog").locator(".about > summary").click();
  await card(page, "backlog").locator(".bubble").waitFor();
  await card(page, "flow").locator(".bubble").waitFor({ state: "hidden" });
  // Each has one.
  assert.equal(await page.locator(".summary > div").count(), await page.locator(".summary > div .about").count());
});

test("what happens is counted without anybody doing anything, and not more often than need be", async (t) => {
  const { area } = await busyArea();
  const page = await asAdmin(t, { hash: `#/tablero?area=${encodeURIComponent(area)}` });
  await shows(page, "inflow", ".large", 7);
  await page.locator(".live.live").waitFor();
  await ticket({ areaAsignada: area, prioridad: "CRITICA" });
  await shows(page, "inflow", ".large", 8);
  await shows(page, "backlog", ".large", "4 abiertos ahora");
  await card(page, "summary").locator(".summary > div", { hasText: "Entradas" }).locator("dd", { hasText: exactly("8") }).waitFor();
  await card(page, "risk").locator(".risk", { hasText: "En 4 h" }).locator("strong", { hasText: exactly("2") }).waitFor();

  // Many things happen: figures are asked for again once in five seconds.
  const asked = [];
  page.on("request", (request) => request.url().includes("/api/tickets/plazos") && asked.push(Date.now()));
  const until = Date.now() + 12_000;
  let inflow = 8;
  while (Date.now() < until) {
    await each([1, 2, 3, 4, 5], () => ticket({ areaAsignada: area }), 5);
    inflow += 5;
  }
  assert.ok(asked.length >= 1 && asked.length <= 4, `${asked.length} times in 12 s`);
  assert.ok(asked.every((at, index) => index === 0 || at - asked[index - 1] > 4_000), asked.join());
  await shows(page, "inflow", ".large", new Intl.NumberFormat("es").format(inflow));

  // Once they have all of it, they are left alone, also while others are not due yet.
  await page.waitForTimeout(6_000);
  asked.length = 0;
  await page.waitForTimeout(11_000);
  assert.ok(asked.length <= 1, `${asked.length} times in 11 s without news`);
});

test("what is at risk is a way into the queue", async (t) => {
  const area = `RIESGO ${process.pid}`;
  for (const prioridad of ["CRITICA", "ALTA", "ALTA", "MEDIA", "BAJA"]) await ticket({ areaAsignada: area, prioridad });
  const page = await asAdmin(t, { hash: `#/tablero?area=${encodeURIComponent(area)}` });
  const risk = (name) => card(page, "risk").locator(".risk", { hasText: name });
  for (const [name, tickets] of [["En 4 h", 3], ["En 24 h", 4]]) {
    await risk(name).locator("strong", { hasText: exactly(tickets) }).waitFor();
    await risk(name).click();
    await page.waitForFunction((n) => document.querySelectorAll(".ticket-row").length === n && document.querySelector("[role=grid]").getAttribute("aria-busy") === "false", tickets);
    assert.deepEqual([...new Set(await page.locator(".ticket-row .c-area").allTextContents())], [area]);
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.locator("main.board").waitFor();
    await page.goto(`${url}/consola#/tablero?area=${encodeURIComponent(area)}`);
  }
  // So are the tickets of an area, once its figures have taken the place of all areas'.
  await page.waitForFunction(() => document.querySelectorAll('section[aria-labelledby="board-by-area"] tbody tr').length === 1);
  await card(page, "by-area").getByRole("link").click();
  await page.waitForFunction(() => document.querySelectorAll(".ticket-row").length === 5);
});

test("whoever works an area sees its figures and no others", async (t) => {
  const { area } = await busyArea();
  const ines = await colleague("AREA", { area });
  const page = await enter(t, ines, { hash: "#/tablero" });
  await settled(page);
  await shows(page, "inflow", ".large", 7);
  assert.equal(await page.getByLabel("Área", { exact: true }).count(), 0);
  await page.locator("h1 .tag", { hasText: area }).waitFor();
  assert.deepEqual(await card(page, "by-area").locator("tbody th").allTextContents(), [area]);
  // Also where the address asks for another.
  await page.goto(`${url}/consola#/tablero?area=SISTEMAS`);
  await shows(page, "inflow", ".large", 0);
  const hers = await report({ area: "SISTEMAS", medidas: "entradas" }, await login(ines));
  assert.equal(hers.total.conjunto.entradas, 0);
});

test("a view is in its address", async (t) => {
  const { area } = await busyArea();
  const page = await asAdmin(t, { hash: "#/tablero" });
  await settled(page);
  await page.getByRole("button", { name: "12 meses" }).click();
  await page.getByLabel("Área", { exact: true }).selectOption("REDES");
  await page.getByLabel("Por", { exact: true }).selectOption("trimestre");
  await page.getByLabel("Tiempos").selectOption("Calendario");
  const chosen = { rango: "12m", periodo: "trimestre", area: "REDES", reloj: "Calendario" };
  const hash = await soon(async () => {
    const hash = await address(page);
    assert.deepEqual(asked(hash), chosen);
    return hash;
  });
  // Somebody else opens it.
  const other = await asAdmin(t, { hash });
  await settled(other);
  await other.getByRole("button", { name: "12 meses", pressed: true }).waitFor();
  assert.equal(await other.getByLabel("Por", { exact: true }).inputValue(), "trimestre");
  await other.locator("h1 .tag", { hasText: "REDES" }).waitFor();

  // Days that somebody chooses, beside those before them.
  await other.getByRole("button", { name: "Otro" }).click();
  await other.locator("input[name=desde]").fill("2026-03-01");
  await other.locator("input[name=desde]").dispatchEvent("change");
  await other.waitForURL(/desde=2026-03-01/);
  await settled(other);
  const { hasta: last } = asked(await address(other));
  const periodo = await other.getByLabel("Por", { exact: true }).inputValue();
  const { anterior, zona } = await report({ desde: "2026-03-01", hasta: last, periodo, area: "REDES" });
  const from = await other.evaluate(([at, timeZone]) => new Intl.DateTimeFormat("es", { timeZone, day: "numeric", month: "short", year: "numeric" }).format(new Date(at)), [anterior.desde, zona]);
  await card(other, "summary").getByText(`Comparado con ${from} –`).waitFor();
  // What makes no sense is not taken.
  await other.goto(`${url}/consola#/tablero?rango=nunca&periodo=siglo&reloj=x&area=${encodeURIComponent(area)}`);
  await other.getByRole("button", { name: "30 días", pressed: true }).waitFor();
  await shows(other, "inflow", ".large", 7);
});

test("everything is reached with the keyboard", async (t) => {
  const page = await asAdmin(t);
  await page.waitForSelector(".ticket-row");
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await settled(page);
  await page.waitForFunction(() => document.activeElement.matches("main h1"));
  await page.keyboard.press("1");
  await page.getByRole("button", { name: "Hoy", pressed: true }).waitFor();
  await page.keyboard.press("2");
  await page.getByRole("button", { name: "7 días", pressed: true }).waitFor();
  await settled(page);
  // A chart is read period by period, and said.
  const flow = chart(page, "flow");
  await flow.focus();
  await page.keyboard.press("Home");
  await page.locator('[data-chart="flow"][aria-valuenow="0"]').waitFor();
  await page.keyboard.press("ArrowRight");
  await page.locator('[data-chart="flow"][aria-valuenow="1"]').waitFor();
  await page.keyboard.press("End");
  await page.locator('[data-chart="flow"][aria-valuenow="6"]').waitFor();
  const { total } = await report({ medidas: "entradas,salidas", periodo: "dia" });
  const { entradas, salidas } = total.periodos.at(-1);
  const number = new Intl.NumberFormat("es");
  assert.match(await flow.getAttribute("aria-valuetext"), new RegExp(`en curso\\): Entradas ${number.format(entradas)}, Salidas ${number.format(salidas)}$`));
  // Tables are sorted by what somebody presses.
  const names = () => card(page, "by-area").locator("tbody th").allTextContents();
  await card(page, "by-area").getByRole("button", { name: "Área" }).focus();
  await page.keyboard.press("Enter");
  await card(page, "by-area").locator("th[aria-sort=ascending]", { hasText: "Área" }).waitFor();
  assert.deepEqual(await names(), [...(await names())].sort((a, b) => a.localeCompare(b, "es")));
  await page.keyboard.press("Enter");
  await card(page, "by-area").locator("th[aria-sort=descending]", { hasText: "Área" }).waitFor();
  await page.keyboard.press("?");
  await page.locator("dialog", { hasText: "Volver a contar" }).waitFor();
});

test("a server that is gone, and one that comes back", async (t) => {
  const wire = await line(t);
  const { area } = await busyArea();
  const page = await asAdmin(t, { at: wire.url, hash: `#/tablero?area=${encodeURIComponent(area)}` });
  await shows(page, "inflow", ".large", 7);
  await settled(page);
  await page.locator(".live.live").waitFor();
  wire.cut();
  await page.keyboard.press("r");
  await page.locator(".board > .problem", { hasText: "Las cifras no se pudieron renovar" }).waitFor();
  // What was known stays.
  await shows(page, "inflow", ".large", 7);
  await ticket({ areaAsignada: area });
  wire.mend();
  await page.locator(".board > .problem").waitFor({ state: "detached", timeout: 30_000 });
  await shows(page, "inflow", ".large", 8);
});

test("a server that is behind says so, and is asked again", async (t) => {
  const page = await asAdmin(t, { hash: "#/tablero" });
  await settled(page);
  let left = 3;
  // What the server answers, as if it had come to it before the newest events.
  await page.route("**/api/reportes**periodo=hora**", async (route) => {
    const response = await route.fetch(), answer = await response.json();
    await route.fulfill({ response, json: { ...answer, atraso: left } });
  });
  await page.keyboard.press("r");
  await page.locator(".fresh .late", { hasText: "Faltan por contar 3 cambios" }).waitFor();
  left = 0;
  await page.locator(".fresh .late").waitFor({ state: "detached" });
});

test("a session that ends asks for the password, and the wall goes on", async (t) => {
  const laura = await colleague();
  const page = await enter(t, laura, { hash: "#/tablero" });
  await settled(page);
  await api(`/api/auth/users/${laura.id}`, { token: await admin(), method: "PATCH", body: { nombre: `${laura.nombre} Ruiz` } });
  await page.keyboard.press("r");
  const over = page.locator("dialog.over");
  await over.waitFor();
  await over.locator("input[name=password]").fill(PASSWORD);
  await over.getByRole("button", { name: "Iniciar sesión" }).click();
  await over.waitFor({ state: "detached" });
  const area = `SESION ${process.pid}`;
  await ticket({ areaAsignada: area });
  await card(page, "by-area").locator("tbody th", { hasText: area }).waitFor({ timeout: 60_000 });
});

test("it goes on for days: nothing is left behind by counting again", async (t) => {
  const page = await asAdmin(t, { hash: "#/tablero" });
  await settled(page);
  const debug = await page.context().newCDPSession(page);
  await debug.send("Performance.enable");
  await debug.send("HeapProfiler.enable");
  const measure = async () => {
    await debug.send("HeapProfiler.collectGarbage");
    await debug.send("HeapProfiler.collectGarbage");
    const { metrics } = await debug.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  const again = async (times) => {
    for (let time = 0; time < times; time += 1) {
      const counted = page.waitForResponse((response) => response.url().includes("por=agente"));
      await page.keyboard.press("r");
      await counted;
      await settled(page);
    }
  };
  await again(3);
  const before = await measure();
  await again(15);
  const now = await measure();
  t.diagnostic(`after 15 times more: ${now.Nodes - before.Nodes} nodes, ${now.JSEventListeners - before.JSEventListeners} listeners, ${Math.round((now.JSHeapUsedSize - before.JSHeapUsedSize) / 1024)} KiB`);
  assert.ok(now.Nodes - before.Nodes < 200, `${before.Nodes} nodes became ${now.Nodes}`);
  assert.ok(now.JSEventListeners - before.JSEventListeners < 20, `${before.JSEventListeners} listeners became ${now.JSEventListeners}`);
});

for (const [name, options] of looks) {
  test(`${name}: every state is accessible`, async (t) => {
    const page = await asAdmin(t, { reducedMotion: "reduce", hash: "#/tablero", ...options });
    const see = async (state) => {
      await settled(page);
      await accessible(page, `dashboard-${state}-${name}`);
      await screenshot(page, `console-dashboard-${state}-${name}`);
    };
    await see("full");
    await card(page, "flow").locator(".behind > summary").click();
    await card(page, "flow").locator(".behind tbody").waitFor();
    await chart(page, "attainment").focus();
    await page.keyboard.press("End");
    await see("table");
    await card(page, "summary").locator(".about > summary").nth(5).click();
    await card(page, "summary").locator(".bubble").nth(5).waitFor();
    await see("about");
    await page.getByRole("button", { name: "Otro" }).click();
    await page.locator("input[name=desde]").waitFor();
    await see("days");
    // Of an area in which nothing has happened.
    await page.goto(`${url}/consola#/tablero?area=VACIA`);
    await card(page, "flow").getByText("Nada en este tiempo.").waitFor();
    await see("empty");
    // What the service refuses is said where it is missing; a broken one, in place of everything.
    await page.route("**/api/reportes**por=agente**", (route) => route.fulfill({ status: 422, contentType: "application/problem+json", body: '{"detail":"Demasiadas cifras."}' }));
    await page.goto(`${url}/consola#/tablero?rango=90d`);
    await card(page, "by-agente").locator(".problem", { hasText: "Demasiadas cifras." }).waitFor();
    await see("refused");
    await page.unroute("**/api/reportes**por=agente**");
    await page.route("**/api/reportes**", (route) => route.abort());
    await page.reload();
    await page.getByRole("heading", { name: "Esta página no se pudo cargar" }).waitFor();
    await accessible(page, `dashboard-broken-${name}`);
    await screenshot(page, `console-dashboard-broken-${name}`);
    await page.unroute("**/api/reportes**");
    await page.getByRole("button", { name: "Reintentar" }).click();
    await settled(page);
  });
}

test("a wall screen and a narrow one have all of it", async (t) => {
  for (const [name, width, height] of [["wall", 2560, 1440], ["tablet", 1024, 768], ["320", 320, 700]]) {
    const page = await asAdmin(t, { viewport: { width, height }, hash: "#/tablero" });
    await settled(page);
    await accessible(page, `dashboard-${name}`);
    await screenshot(page, `console-dashboard-${name}`);
    // A chart is as wide as its place, whatever becomes of the window.
    await page.setViewportSize({ width: Math.round(width * 0.8), height });
    await page.waitForFunction(() => [...document.querySelectorAll(".plot svg")].every((svg) => Math.abs(svg.viewBox.baseVal.width - svg.getBoundingClientRect().width) < 2));
  }
});

test("on paper it is light, has everything, and nothing that is pressed", async (t) => {
  const page = await asAdmin(t, { colorScheme: "dark", hash: "#/tablero" });
  await settled(page);
  await card(page, "flow").locator(".behind > summary").click();
  await card(page, "flow").locator(".behind tbody").waitFor();
  // A4, without its margins.
  await page.setViewportSize({ width: 703, height: 1_030 });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  for (const hidden of [".top", ".board-controls", ".board .actions .button", ".about"]) assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
  for (const shown of [".large", ".summary", '[data-chart="flow"] svg', ".behind[open] table", ".figures-by"]) assert.ok(await page.locator(shown).first().isVisible(), shown);
  const { paper, wide } = await page.evaluate(() => ({ paper: getComputedStyle(document.querySelector(".board-card")).backgroundColor, wide: document.documentElement.scrollWidth }));
  assert.equal(paper, "rgb(255, 255, 255)");
  assert.ok(wide <= 703, `${wide} px`);
  await screenshot(page, "console-dashboard-paper");
  const pdf = await page.pdf({ format: "A4", printBackground: false });
  const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
  assert.ok(pages >= 2 && pages <= 6, `${pages} pages`);
});

for (const [locale, words] of [["en-GB", ["Dashboard", "Today's inflow", "Inflow and outflow", "By agent", "30 days"]], ["pt-BR", ["Painel", "Entradas de hoje", "Pendentes", "Por agente", "30 dias"]]]) {
  test(`all of it is said in ${locale}`, async (t) => {
    const page = await asAdmin(t, { locale, hash: "#/tablero" });
    await settled(page);
    await page.locator(".behind > summary").first().click();
    await page.locator(".about > summary").first().click();
    await page.locator(".bubble").first().waitFor();
    const text = await page.evaluate(() => document.body.innerText);
    assert.deepEqual(text.match(/^[a-z-]+(\.[\w-]+)+$/gm) ?? [], []);
    for (const word of words) assert.ok(text.includes(word), word);
  });
}
