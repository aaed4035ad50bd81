// The screenshots of the README: `npm run screenshots`, with a new server of its own, which it fills with a desk's day. What was before
// that day, a dashboard's months, is imported beside it: TICKETING_PROGRAM and TICKETING_DATABASE say with what and into which.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { close, launch, url } from "../desk.js";
import { PASSWORD, admin, api, colleague, each, login, ticket } from "./console.js";
import { chromium } from "playwright-core";

const OUT = new URL("../../../../docs/screenshots/", import.meta.url).pathname;
/** Most octets of one. */
const OCTETS_MAX = 150_000;

const token = await admin();
const post = (path, body, as = token) => api(path, { token: as, method: "POST", body });

// A desk that works office hours in Bogotá.
const rules = await api("/api/reglas");
const day = (until) => [["08:00", "12:00"], ["13:00", until]];
const target = (porPrioridad) => ({ porPrioridad, otras: "24h", calendario: "OFICINA" });
rules.zona = "America/Bogota";
rules.calendarios = { OFICINA: { zona: "America/Bogota", semana: { lun: day("18:00"), mar: day("18:00"), mie: day("18:00"), jue: day("18:00"), vie: day("17:00") }, excepciones: [{ fecha: "2026-12-08", nombre: "Inmaculada Concepción", horas: [] }] } };
rules.sla.politicas[0].primeraRespuesta = target({ CRITICA: "1h", ALTA: "2h" });
rules.sla.politicas[0].resolucion = { ...target({ CRITICA: "4h", ALTA: "12h", MEDIA: "24h", BAJA: "40h" }), enRiesgo: [80], pausa: ["PAUSADO"] };
await api("/api/reglas", { token, method: "PUT", body: rules });

const laura = await colleague("MESA", { nombre: "Laura Gómez" }), carlos = await colleague("MESA", { nombre: "Carlos Díaz" });
await importMonths([laura, carlos, await colleague("MESA", { nombre: "Inés Ortega" }), await colleague("MESA", { nombre: "Marta Ruiz" })]);
/** More than half a year of another desk, some of it late and the newest of it open. */
async function importMonths(agents) {
  const { TICKETING_PROGRAM: program, TICKETING_DATABASE: database } = process.env;
  assert.ok(program && database, "TICKETING_PROGRAM and TICKETING_DATABASE say with what tickets are imported, and into which database");
  // The same each time.
  let seed = 20;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const pick = (list) => list[Math.floor(random() ** 1.5 * list.length)];
  const iso = (at) => new Date(at).toISOString();
  const rows = [], now = Date.now(), HOUR = 3_600_000;
  const midnight = Date.parse(`${new Intl.DateTimeFormat("en-CA", { timeZone: "America/Bogota" }).format(now)}T05:00:00Z`);
  for (let day = 200; day >= 0; day -= 1) {
    const tickets = Math.round((24 + 7 * Math.sin(day / 9) + (200 - day) / 20) * (0.8 + 0.4 * random()));
    for (let ticket = 0; ticket < tickets; ticket += 1) {
      // Most come before noon.
      const created = midnight - day * 24 * HOUR + (6.5 + 13 * ((random() + random() ** 1.6) / 2)) * HOUR;
      if (created > now) continue;
      const priority = pick(["MEDIA", "ALTA", "BAJA", "CRITICA"]);
      const hours = { CRITICA: 2, ALTA: 5, MEDIA: 11, BAJA: 20 }[priority] * (0.1 + random() ** 2 * 2.6) * (0.8 + day / 400);
      const resolved = created + hours * HOUR, isOpen = resolved > now || random() < 0.5 / (day + 1) ** 1.4;
      rows.push({
        id: `${rows.length + 1}`, email: `persona.${rows.length % 90}@example.com`, nombre: "Ana García", tipo: pick(["INCIDENTE", "SOLICITUD", "CONSULTA"]), categoria: pick(["Correo", "Redes", "Accesos"]),
        prioridad: priority, asunto: "La VPN se desconecta", descripcion: "Desde esta mañana no puedo trabajar.", areaAsignada: pick(["SISTEMAS", "REDES", "MESA DE AYUDA", "INFRAESTRUCTURA"]),
        agente: pick(agents).email, creadoEn: iso(created), ...(isOpen ? { estado: "EN_PROCESO" } : { estado: "RESUELTO", resueltoEn: iso(resolved) }),
      });
    }
  }
  const directory = await mkdtemp(path.join(tmpdir(), "months-")), file = path.join(directory, "months.ndjson");
  await writeFile(file, rows.map((row) => JSON.stringify(row)).join("\n"));
  try {
    await promisify(execFile)(program, ["import", file, "--map", "auto", "--source", "antes", "--database", database]);
  } catch (error) {
    throw new Error(error.stdout?.slice(0, 2_000) || error.message);
  } finally {
    await rm(directory, { recursive: true });
  }
}

await launch();
const browser = await chromium.launch({ executablePath: process.env.TICKETING_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
async function open(who, options) {
  const context = await browser.newContext({ locale: "es-CO", timezoneId: "America/Bogota", viewport: { width: 1200, height: 620 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  await page.goto(`${url}/consola`);
  await page.locator("input[name=email]").fill(who.email);
  await page.locator("input[name=password]").fill(who.password ?? PASSWORD);
  await page.locator("form .button").click();
  await page.waitForSelector(".ticket-row");
  await page.waitForTimeout(1_500);
  return page;
}
async function shoot(page, name, options) {
  await page.screenshot({ path: `${OUT}${name}.png`, ...options });
  const { size } = await stat(`${OUT}${name}.png`);
  assert.ok(size < OCTETS_MAX, `${name}.png has ${size} octets`);
}

// The dashboard, before so much happens in a minute.
const board = async (options) => {
  const page = await open(laura, options);
  await page.goto(`${url}/consola#/tablero?rango=90d`);
  await page.waitForFunction(() => document.querySelectorAll(".plot svg").length === 7 && document.querySelectorAll(".figures-by tbody tr").length > 4);
  await page.waitForTimeout(500);
  return page;
};
await shoot(await board({ viewport: { width: 1200, height: 1_020 } }), "dashboard");
await shoot(await board({ viewport: { width: 1920, height: 1_080 }, deviceScaleFactor: 0.75, colorScheme: "dark" }), "dashboard-dark");

const hers = await login(laura);
const numbers = Array.from({ length: 240 }, (_, number) => number);
await each(numbers, async (number) => {
  const made = await ticket({}, number * 7 + 3);
  if (number % 3 === 0) await post(`/api/tickets/${made.uuid}/asignar`, { agenteId: number % 2 ? laura.id : carlos.id, motivo: "Turno" });
  if (number % 9 === 0) await post(`/api/tickets/${made.uuid}/pausar`, { motivo: "Espera al proveedor" });
  if (number % 13 === 0) await post(`/api/tickets/${made.uuid}/actualizar`, { estado: "RESUELTO", respuesta: "Listo, ya funciona." });
}, 8);

// One that came to this desk from another system, days ago: its clock has nights and a weekend to skip.
const days = (count) => new Date(Date.now() - count * 86_400_000).toISOString();
const { id } = await post("/v2/tickets", { createdAt: days(3.4), subject: "La VPN se desconecta cada diez minutos" });
const busy = { uuid: id };
await post(`/api/tickets/${busy.uuid}/reclasificar`, { nuevaPrioridad: "ALTA", nuevaCategoria: "Redes", motivo: "Afecta a todo el piso 3" });
await post(`/api/tickets/${busy.uuid}/asignar`, { agenteId: laura.id, motivo: "Turno de la mañana" });
await post(`/v2/tickets/${busy.uuid}/actions`, { type: "INTERNAL", description: "El proveedor tiene un corte desde las 8:00. Aviso cuando respondan." }, hers);
await post(`/api/tickets/${busy.uuid}/actualizar`, { respuesta: "Buenos días. Estamos revisando el enlace; le aviso en cuanto sepamos más." }, hers);

const light = await open(laura);
await shoot(light, "queue");
const dark = await open(laura, { colorScheme: "dark" });
await dark.goto(`${url}/consola#/tickets/${busy.uuid}`);
await dark.waitForSelector(".sla svg");
await dark.waitForTimeout(500);
await shoot(dark, "ticket-dark");
await light.setViewportSize({ width: 1200, height: 1_300 });
await light.goto(`${url}/consola#/tickets/${busy.uuid}`);
await light.waitForSelector(".sla svg");
await light.locator(".sla details summary").last().click();
await light.waitForTimeout(500);
await light.locator(".sla").screenshot({ path: `${OUT}sla.png` });
const phone = await open(laura, { viewport: { width: 390, height: 760 }, deviceScaleFactor: 1 });
await shoot(phone, "phone");
const pocket = await open(carlos, { viewport: { width: 390, height: 760 }, colorScheme: "dark" });
await pocket.goto(`${url}/consola#/tickets/${busy.uuid}`);
await pocket.waitForSelector(".sla svg");
await pocket.waitForTimeout(500);
await shoot(pocket, "phone-ticket");
const administrator = await open({ email: process.env.TICKETING_ADMIN_EMAIL, password: process.env.TICKETING_ADMIN_PASSWORD });
await administrator.goto(`${url}/consola#/reglas`);
const editor = administrator.locator(".editor textarea");
await editor.fill((await editor.inputValue()).replace('"ALTA": "12h"', '"ALTA": "6h"'));
await administrator.waitForTimeout(500);
await administrator.locator(".page-head .button").last().click();
await administrator.locator("#preview-title").waitFor();
await administrator.waitForTimeout(300);
await shoot(administrator, "rules");
await browser.close();
await close();
