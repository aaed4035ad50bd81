// The dashboard's figures as data: of which time they are wanted, what is asked for that, and how they stay what they are.

import { Problem, get } from "./api.js";
import { refreshRules, rules } from "./core.js";
import { refresh } from "./paint.js";
import { listen } from "./stream.js";

/** After something has happened, figures are asked for again; once in so long at most. */
const PAUSE = 5_000;
/** Figures that nobody watches second by second, and all of them where nothing happens: time alone changes what is due. */
const SELDOM = 30_000, AT_LEAST = 60_000;
/** What was not all summed up yet is not left at that for as long. */
const BEHIND = 10_000;

/** The times that are offered: so many days, or months, and how long each period is. */
export const RANGES = {
  hoy: { days: 1, period: "hora" },
  "7d": { days: 7, period: "dia" },
  "30d": { days: 30, period: "dia" },
  "90d": { days: 90, period: "semana" },
  "12m": { months: 12, period: "mes" },
};
/** About how many days a period has. */
const PERIODS = { hora: 1 / 24, dia: 1, semana: 7, mes: 30.4, trimestre: 91, anio: 365 };
/** More points than these are no picture. */
const POINTS_MAX = 370;

export const wanted = { rango: "30d", desde: "", hasta: "", periodo: "", area: "", reloj: "Laboral" };
const USUAL = { ...wanted };

// ---- Civil days, in the desk's time

export const zone = () => rules.document?.zona ?? "UTC";
const clocks = new Map();
function civil(at) {
  const name = zone();
  if (!clocks.has(name)) clocks.set(name, new Intl.DateTimeFormat("en-CA", { timeZone: name, year: "numeric", month: "2-digit", day: "2-digit" }));
  return clocks.get(name).format(at);
}
export const today = () => civil(Date.now());
const utc = (day) => new Date(`${day}T00:00:00Z`);
const plus = (day, days) => new Date(utc(day).getTime() + days * 86_400_000).toISOString().slice(0, 10);
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(utc(text).getTime()) && utc(text).toISOString().startsWith(text);
/** The same day of the week before. */
export const weekBefore = () => plus(today(), -7);

/** The first and the last day that are wanted. */
export function days() {
  if (wanted.rango === "otro" && isDay(wanted.desde) && isDay(wanted.hasta) && wanted.desde <= wanted.hasta) return [wanted.desde, wanted.hasta];
  const { days: long, months } = RANGES[wanted.rango] ?? RANGES["30d"], last = today();
  if (!months) return [plus(last, 1 - long), last];
  const first = utc(last);
  first.setUTCDate(1);
  first.setUTCMonth(first.getUTCMonth() + 1 - months);
  return [first.toISOString().slice(0, 10), last];
}

const length = () => {
  const [first, last] = days();
  return (utc(last) - utc(first)) / 86_400_000 + 1;
};

/** The periods that the time can be cut into. */
export const periods = () => Object.keys(PERIODS).filter((name) => length() / PERIODS[name] <= POINTS_MAX && (length() > PERIODS[name] || name === "hora" || name === "dia"));

/** The period that is wanted, or that suits. */
export function period() {
  const possible = periods();
  if (possible.includes(wanted.periodo)) return wanted.periodo;
  const usual = RANGES[wanted.rango]?.period;
  return usual ?? possible.find((name) => length() / PERIODS[name] <= 62) ?? possible.at(-1);
}

// ---- The address: a view can be kept, and sent to somebody

export function take(parameters) {
  Object.assign(wanted, USUAL);
  for (const name of Object.keys(wanted)) if (parameters.has(name)) wanted[name] = parameters.get(name);
  if (wanted.rango !== "otro" && !RANGES[wanted.rango]) wanted.rango = USUAL.rango;
  if (wanted.rango === "otro" && !(isDay(wanted.desde) && isDay(wanted.hasta))) wanted.rango = USUAL.rango;
  if (!["Laboral", "Calendario"].includes(wanted.reloj)) wanted.reloj = USUAL.reloj;
}

export function want(changes) {
  // Somebody who begins to choose days begins with those that are shown.
  if (changes.rango === "otro" && wanted.rango !== "otro") [wanted.desde, wanted.hasta] = days();
  Object.assign(wanted, changes);
  if (wanted.rango !== "otro") wanted.desde = wanted.hasta = "";
  const said = Object.entries(wanted).filter(([name, value]) => value !== USUAL[name]);
  history.replaceState(null, "", `#/tablero${said.length ? `?${new URLSearchParams(said)}` : ""}`);
  update();
}

// ---- What is asked

const MAIN = ["entradas", "salidas", "creados", "reabiertos", "resueltos", "transferencias", "vencidosPrimeraRespuesta", "vencidosSiguienteRespuesta", "vencidosResolucion",
  "cumplimientoPrimeraRespuesta", "cumplimientoSiguienteRespuesta", "cumplimientoResolucion", "tasaReapertura", "unSoloContacto", "tiempoEnPausa", "pendientes"];
const BY = ["entradas", "resueltos", "pendientes", "cumplimientoPrimeraRespuesta", "cumplimientoResolucion", "tasaReapertura"];
const timed = () => [`primeraRespuesta${wanted.reloj}`, `resolucion${wanted.reloj}`];

function report(parameters, measures) {
  const query = new URLSearchParams({ ...parameters, medidas: measures.join() });
  if (wanted.area) query.append("area", wanted.area);
  return `api/reportes?${query}`;
}

const whole = (por) => {
  const [desde, hasta] = days();
  return report({ desde, hasta, por, periodo: "anio" }, [...BY, ...timed()]);
};
const ofDay = (day, measures) => report({ desde: day, hasta: day, periodo: "hora" }, measures);

/** Each part of the page: its address now, and how soon it is asked for again once something has happened. */
const ASKED = {
  today: { path: () => ofDay(today(), ["entradas", "pendientes", "antiguedadPendientes"]), every: 0 },
  due: { path: () => `api/tickets/plazos${wanted.area ? `?${new URLSearchParams({ area: wanted.area })}` : ""}`, every: 0 },
  main: { path: () => { const [desde, hasta] = days(); return report({ desde, hasta, periodo: period() }, [...MAIN, ...timed()]); }, every: 0 },
  // It is over.
  week: { path: () => ofDay(weekBefore(), ["entradas"]), every: AT_LEAST * 10 },
  area: { path: () => whole("area"), every: SELDOM, behind: BEHIND },
  agente: { path: () => whole("agente"), every: SELDOM, behind: BEHIND },
};

/** What is known: the answer, the address that it answers, when it came, and whether something has happened that may not be in it. */
export const known = Object.fromEntries(Object.keys(ASKED).map((name) => [name, { answer: null, path: null, at: 0, hasMissed: false, error: null }]));
export const state = { error: null, isReading: false };

let triedAt = 0, wantsMore = false, giveUp = new AbortController();

/** What is asked one after the other. Deadlines are counted by reading tickets, which may take longer than all sums: nothing waits for them. */
const LANES = [["today", "main", "week", "area", "agente"], ["due"]];

/** A part is not known, is of something else than what is wanted, or has become old. */
function isDue(name) {
  const { every, behind } = ASKED[name], part = known[name], age = Date.now() - part.at;
  if (isOld(name)) return true;
  return age >= (!part.hasMissed ? Math.max(every, AT_LEAST) : part.answer?.atraso > 0 ? behind ?? every : every);
}

/** Asks for a part, if it is due. */
async function read(name, signal) {
  if (!isDue(name)) return;
  const part = known[name], now = ASKED[name].path();
  part.hasMissed = false;
  try {
    const answer = await get(now, { signal });
    Object.assign(part, { answer, path: now, at: Date.now(), error: null });
    if (answer.atraso > 0) part.hasMissed = true;
  } catch (error) {
    // What the service refuses, it refuses of this part alone.
    if (signal.aborted || !(error instanceof Problem) || error.status >= 500) {
      part.hasMissed = true;
      throw error;
    }
    Object.assign(part, { error, path: now, at: Date.now() });
  }
  refresh();
}

/** Asks for what is due. */
export async function update() {
  if (state.isReading) {
    // What is under way is of another view.
    wantsMore = true;
    giveUp.abort();
    return;
  }
  const round = (giveUp = new AbortController()), { signal } = round;
  [wantsMore, triedAt] = [false, Date.now()];
  state.isReading = true;
  refresh();
  try {
    if (!rules.document) await refreshRules();
    await Promise.all(LANES.map(async (names) => {
      for (const name of names) await read(name, signal);
    }));
    state.error = null;
  } catch (error) {
    if (!signal.aborted) {
      state.error = error;
      // Nor does what else was asked go on.
      round.abort();
    }
  }
  state.isReading = false;
  refresh();
  if (wantsMore) update();
}

/** A part is of another view than the one that is wanted. */
export const isOld = (name) => known[name].path !== ASKED[name].path();

/** Of which area a part's figures are, which may be another one than is wanted by now; `null`: of all. */
export const areaOf = (name) => new URLSearchParams(known[name].path?.split("?")[1]).get("area");

export const isHere = () => location.hash.startsWith("#/tablero");

/** Everything again, at once. */
export function again() {
  for (const part of Object.values(known)) part.at = 0;
  update();
}

function look() {
  if (!isHere() || document.hidden || state.isReading) return;
  if (Date.now() - triedAt >= PAUSE && (state.error || Object.keys(known).some(isDue))) update();
}

let watching;
/** Follows what happens, as long as the page is looked at. */
export function watch() {
  if (watching) return;
  watching = setInterval(look, 1_000);
  document.addEventListener("visibilitychange", look);
  listen(() => {
    for (const part of Object.values(known)) part.hasMissed = true;
  });
}
