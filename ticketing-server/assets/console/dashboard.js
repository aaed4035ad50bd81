// The dashboard: how the desk is doing now, and over time. Each figure says what it counts, and behind each chart stands its table.

import "./dashboard-texts.js";
import { html, nothing, repeat } from "./lit.js";
import { areas } from "./act.js";
import { bar, chart, counts, shares, times } from "./charts.js";
import * as figures from "./figures.js";
import * as keys from "./keys.js";
import { count, duration, hours, number, t, tag } from "./page.js";
import { refresh } from "./paint.js";
import { session } from "./session.js";

const { known, state, wanted, want } = figures;

// Its style is fetched with it.
await new Promise((resolve) => {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("./dashboard.css", import.meta.url).href });
  link.addEventListener("load", resolve);
  link.addEventListener("error", resolve);
  document.head.append(link);
});

export function enter(_, parameters) {
  figures.take(parameters);
  figures.watch();
  figures.update();
  keys.bind([
    ...[...Object.keys(figures.RANGES)].map((name, at) => ({ keys: [`${at + 1}`], text: t(`board.range.${name}`), run: () => want({ rango: name, periodo: "" }) })),
    { keys: ["r"], text: t("board.reload"), run: figures.again },
    { keys: ["p"], text: t("board.print"), run: () => print() },
    { keys: ["f"], text: t("board.full"), run: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()) },
    { keys: ["Escape"], run: () => shutAbouts() },
  ]);
}

// ---- Words for figures

const format = (options) => new Intl.DateTimeFormat(tag, { timeZone: figures.zone(), ...options });
const formats = new Map();
/** An instant in the desk's time. */
function said(at, kind) {
  const key = `${kind} ${figures.zone()}`;
  const kinds = {
    hora: { hour: "2-digit", minute: "2-digit" }, dia: { day: "numeric", month: "short" }, mes: { month: "short" }, mesAnio: { month: "short", year: "numeric" }, anio: { year: "numeric" },
    day: { day: "numeric", month: "short", year: "numeric" }, long: { weekday: "short", day: "numeric", month: "short", year: "numeric" }, longMonth: { month: "long", year: "numeric" }, weekday: { weekday: "long" }, clock: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  };
  if (!formats.has(key)) formats.set(key, format(kinds[kind]));
  return formats.get(key).format(new Date(at));
}

const percent = (value) => `${number(Math.round(value * 1_000) / 10)} %`;
/** A length of time, given in seconds. */
const time = (seconds) => (seconds < 60 ? duration(seconds * 1_000) : hours(seconds * 1_000));

/** What the service says of a measure. */
const spec = (code) => {
  for (const { answer } of Object.values(known)) {
    const found = answer?.medidas?.find(({ codigo }) => codigo === code);
    if (found) return found;
  }
  return { nombre: "", definicion: "" };
};

/** A figure as it is said, and as a number; `null` where nothing counts. */
const value = (figure) => (figure === null || figure === undefined ? null : typeof figure === "number" ? figure : "razon" in figure ? figure.razon : figure.p50);
function say(code, figure) {
  const plain = value(figure);
  if (plain === null) return "–";
  return typeof figure === "number" ? number(plain) : "razon" in figure ? percent(plain) : time(plain);
}

/** What figures count: told where somebody asks, with the mouse, the keyboard or a reader. */
function about(name, codes, text) {
  const told = codes.map(spec).filter(({ definicion }) => definicion);
  if (told.length === 0 && !text) return nothing;
  return html`<details class="about" @toggle=${opened}><summary><span aria-hidden="true">?</span><span class="visually-hidden">${t("board.about", { name })}</span></summary>
    <div class="bubble">${text ? html`<p>${text}</p>` : nothing}${told.map(({ nombre, definicion }) => html`<p><strong>${nombre}.</strong> ${definicion}</p>`)}</div></details>`;
}

const shutAbouts = (but) => {
  for (const open of document.querySelectorAll(".about[open]")) if (open !== but) open.open = false;
};
const opened = ({ target }) => target.open && shutAbouts(target);
document.addEventListener("pointerdown", ({ target }) => shutAbouts(target.closest?.(".about")));

// ---- Shapes of charts, each made once of an answer

const made = new WeakMap();
function once(answer, key, make) {
  if (!made.has(answer)) made.set(answer, new Map());
  const of = made.get(answer);
  if (!of.has(key)) of.set(key, make());
  return of.get(key);
}

function periodsOf(answer) {
  return once(answer, "periods", () => answer.periodos.map(({ nombre, desde, hasta }, at) => {
    const isAhead = Date.parse(desde) > Date.parse(answer.al), isUnderWay = !isAhead && Date.parse(hasta) > Date.parse(answer.al);
    const [label, long] = {
      hora: () => [answer.periodos.length > 25 ? `${said(desde, "dia")}, ${said(desde, "hora")}` : said(desde, "hora"), `${said(desde, "dia")}, ${said(desde, "hora")}`],
      dia: () => [said(desde, "dia"), said(desde, "long")],
      semana: () => [said(desde, "dia"), `${said(desde, "dia")} – ${said(Date.parse(hasta) - 1, "dia")}`],
      mes: () => [said(desde, at === 0 || nombre.endsWith("-01") ? "mesAnio" : "mes"), said(desde, "longMonth")],
      trimestre: () => [nombre, `${said(desde, "mes")} – ${said(Date.parse(hasta) - 1, "mesAnio")}`],
      anio: () => [nombre, nombre],
    }[answer.periodo]();
    return { label, long: isUnderWay ? `${long} (${t("board.under-way")})` : long, isAhead, isUnderWay };
  }));
}

/** The values of a measure by period; none where it is still to come. */
const along = (answer, pick) => answer.total.periodos.map((period, at) => (periodsOf(answer)[at].isAhead ? null : pick(period) ?? null));

const shape = (answer, id, name, series, scale, say, more = {}) => ({ id, name, periods: periodsOf(answer), series, scale: scale(series, more.isStacked), say, ...more });

const clock = (code) => `${code}${wanted.reloj}`;
const CHARTS = [
  { id: "flow", codes: () => ["entradas", "salidas"], make: (answer) => [[
    { name: spec("entradas").nombre, kind: "bar", tone: 1, values: along(answer, ({ entradas }) => entradas) },
    { name: spec("salidas").nombre, kind: "line", tone: 2, values: along(answer, ({ salidas }) => salidas) },
  ], counts, number, { isNothingAtZero: true, isFlow: true }] },
  { id: "attainment", codes: () => ["cumplimientoPrimeraRespuesta", "cumplimientoSiguienteRespuesta", "cumplimientoResolucion"], make: (answer) => [
    ["PrimeraRespuesta", "SiguienteRespuesta", "Resolucion"].map((target, at) => ({ name: t(`board.${["first", "next", "resolution"][at]}`), kind: "line", tone: at + 1, isDashed: at === 1, values: along(answer, (period) => period[`cumplimiento${target}`].razon) })),
    shares, percent] },
  { id: "backlog.over", codes: () => ["pendientes"], make: (answer) => [[{ name: spec("pendientes").nombre, kind: "area", tone: 1, values: along(answer, ({ pendientes }) => pendientes) }], counts, number, { isNothingAtZero: true }] },
  { id: "breaches", codes: () => ["vencidosPrimeraRespuesta", "vencidosSiguienteRespuesta", "vencidosResolucion"], make: (answer) => [
    ["PrimeraRespuesta", "SiguienteRespuesta", "Resolucion"].map((target, at) => ({ name: t(`board.${["first", "next", "resolution"][at]}`), kind: "stack", tone: at + 1, values: along(answer, (period) => period[`vencidos${target}`]) })),
    counts, number, { isStacked: true, isNothingAtZero: true, isFlow: true }] },
  { id: "first", codes: () => [clock("primeraRespuesta")], make: (answer) => spread(answer, clock("primeraRespuesta")) },
  { id: "resolution", codes: () => [clock("resolucion")], make: (answer) => spread(answer, clock("resolucion")) },
];

const spread = (answer, code) => [[
  { name: t("board.half"), kind: "area", tone: 1, values: along(answer, (period) => period[code]?.p50) },
  { name: t("board.nine"), kind: "line", tone: 2, isDashed: true, values: along(answer, (period) => period[code]?.p90) },
], times, time];

// ---- The page

/** The tables that are open: no other is drawn. */
const open = new Set();

const tableOf = ({ id, name, periods, series, say }) => html`
  <details class="behind" ?open=${open.has(id)} @toggle=${({ target }) => { target.open ? open.add(id) : open.delete(id); refresh(); }}><summary>${t("board.table")}<span class="visually-hidden">: ${name}</span></summary>
    ${open.has(id) ? html`<div class="scroll" role="group" tabindex="0" aria-label=${t("board.table.of", { name })}><table class="plain"><thead><tr><th scope="col">${t("board.period")}</th>${series.map((one) => html`<th scope="col">${one.name}</th>`)}</tr></thead>
      <tbody>${periods.map(({ long, isAhead }, at) => (isAhead ? nothing : html`<tr><th scope="row">${long}</th>${series.map(({ values }) => html`<td>${values[at] === null ? "–" : say(values[at])}</td>`)}</tr>`))}</tbody></table></div>` : nothing}
  </details>`;

/** A part of the page, with what is to be said where its figures are not there. */
function card(name, { kind = "", codes = [], text, part, body, id }) {
  const { answer, error } = known[part];
  return html`
    <section class="card board-card ${kind} ${answer && figures.isOld(part) ? "old" : ""}" aria-labelledby=${`board-${id}`} aria-busy=${!answer && !error}>
      <header><h2 id=${`board-${id}`}>${name}</h2>${about(name, codes, text)}</header>
      ${error ? html`<p class="problem" role="alert">${error.message}</p>` : answer ? body(answer) : html`<p class="nothing">${t("loading")}</p>`}
    </section>`;
}

const charts = () => CHARTS.map(({ id, codes, make }) => card(t(`board.${id}`), {
  id, codes: codes(), part: "main", kind: "wide",
  body: (answer) => {
    const of = once(answer, `${id} ${wanted.reloj}`, () => {
      if (codes().some((code) => !(code in answer.total.conjunto))) return null;
      const [series, scale, say, more] = make(answer);
      return shape(answer, id, t(`board.${id}`), series, scale, say, more);
    });
    // Other times were asked for, and are not there yet.
    return of ? html`${chart(of)}${tableOf(of)}` : html`<p class="nothing">${t("loading")}</p>`;
  },
}));

const inflow = () => card(t("board.inflow"), {
  id: "inflow", codes: ["entradas"], part: "today",
  body: (answer) => {
    const week = known.week.answer;
    const all = answer.total.conjunto.entradas, passed = periodsOf(answer).filter(({ isAhead }) => !isAhead).length;
    const of = once(answer, `inflow ${known.week.at}`, () => shape(answer, "inflow", t("board.inflow.hours"), [
      { name: t("board.inflow.today"), kind: "area", tone: 1, values: along(answer, ({ entradas }) => entradas) },
      // A day in which clocks are changed has other hours than the one a week before.
      ...(week ? [{ name: said(week.desde, "long"), kind: "line", tone: 4, isDashed: true, isWhole: true, values: answer.periodos.map((_, at) => week.total.periodos[at]?.entradas ?? null) }] : []),
    ], counts, number, { isSmall: true, isFlow: true }));
    const byNow = week?.total.periodos.slice(0, passed).reduce((sum, { entradas }) => sum + entradas, 0);
    return html`<p class="large">${number(all)}</p>
      <p class="muted beside">${week ? t("board.inflow.before", { day: said(week.desde, "weekday"), n: number(byNow), all: number(week.total.conjunto.entradas) }) : nothing}</p>
      ${chart(of)}${tableOf(of)}`;
  },
});

/** A table that is its own chart: bars beside the figures. */
const backlog = () => card(t("board.backlog"), {
  id: "backlog", codes: ["pendientes", "antiguedadPendientes"], part: "today",
  body: (answer) => {
    const { pendientes, antiguedadPendientes: ages } = answer.total.conjunto;
    const most = Math.max(...ages);
    return html`<p class="large">${number(pendientes)} <span class="unit">${t("board.backlog.text")}</span></p>
      <table class="bars"><caption class="visually-hidden">${t("board.ages")}</caption><tbody>${answer.bandas_de_antiguedad.map(({ nombre }, at) => html`<tr><th scope="row">${nombre}</th><td class="of">${bar(ages[at], most, at < 3 ? 1 : at < 5 ? 5 : 6)}</td><td>${number(ages[at])}</td></tr>`)}</tbody></table>`;
  },
});

/** The queue of what a part counts. */
const inQueue = (part, parameters) => {
  const area = figures.areaOf(part);
  return `#/?${new URLSearchParams({ estado: "abiertos", ...(area ? { area } : {}), ...parameters })}`;
};

const risk = () => card(t("board.risk"), {
  id: "risk", text: t("board.risk.about"), part: "due",
  body: ({ vencidos, por_vencer: due, detenidos, sin_plazo: without }) => {
    const one = (name, n, plazo, kind) => html`<a class="risk ${n > 0 ? kind : ""}" href=${inQueue("due", { plazo, orden: "plazo" })}><strong>${number(n)}</strong><span>${name}<span class="visually-hidden">. ${t("board.risk.open")}</span></span></a>`;
    return html`<div class="risks">${one(t("board.risk.overdue"), vencidos, "vencidos", "bad")}${due.map(({ horas, tickets }) => one(t("board.risk.within", { n: horas }), tickets, horas === 24 ? "hoy" : `${horas}h`, horas === 24 ? "" : "warn"))}</div>
      <p class="muted beside">${t("board.risk.rest", { still: number(detenidos), without: number(without) })}</p>`;
  },
});

/** The figures of the whole time, beside the time before: whether more of it is good or bad. */
const SUMMARY = [
  ["entradas", 0], ["salidas", 1], ["pendientes", -1], ["cumplimientoPrimeraRespuesta", 1], ["cumplimientoResolucion", 1], ["transferencias", -1],
  ["primeraRespuesta", -1, true], ["resolucion", -1, true], ["tasaReapertura", -1], ["unSoloContacto", 1], ["tiempoEnPausa", 0], ["reabiertos", -1],
];

function difference(code, figure, before, isGood) {
  const [now, then] = [value(figure), value(before)];
  if (now === null || then === null) return nothing;
  const isShare = typeof figure === "object" && "razon" in figure;
  if (!isShare && then === 0) return nothing;
  const change = isShare ? Math.round((now - then) * 1_000) / 10 : Math.round((now / then - 1) * 100);
  const kind = change === 0 || isGood === 0 ? "" : change > 0 === isGood > 0 ? "good" : "bad";
  const amount = isShare ? t("board.points", { n: number(Math.abs(change)) }) : `${number(Math.abs(change))} %`;
  return html`<span class="delta ${kind}" title=${t("board.before", { value: say(code, before) })}><span aria-hidden="true">${change > 0 ? "▲" : change < 0 ? "▼" : "="}</span><span class="visually-hidden">${change > 0 ? "+" : change < 0 ? "−" : ""}</span> ${amount}</span>`;
}

const summary = () => card(t("board.summary"), {
  id: "summary", part: "main", kind: "whole",
  body: (answer) => html`
    <p class="muted beside">${t("board.compared", { first: said(answer.desde, "day"), last: said(Date.parse(answer.hasta) - 1, "day"), from: said(answer.anterior.desde, "day"), until: said(Date.parse(answer.anterior.hasta) - 1, "day") })}</p>
    <dl class="summary">${SUMMARY.map(([name, isGood, isTimed]) => {
      const code = isTimed ? clock(name) : name, { nombre } = spec(code);
      if (!(code in answer.total.conjunto)) return nothing;
      const title = isTimed ? t("board.median", { name: t(name === "resolucion" ? "board.resolution" : "board.first") }) : nombre;
      return html`<div><dt>${title}${about(title, [code])}</dt><dd>${say(code, answer.total.conjunto[code])} ${difference(code, answer.total.conjunto[code], answer.total.anterior[code], isGood)}</dd></div>`;
    })}</dl>`,
});

// ---- By area and by agent

/** By what each table is sorted: a column, and whether the most comes first. */
const sorting = { area: ["entradas", true], agente: ["resueltos", true] };

const columns = (by) => [
  ...(by === "area" ? [{ code: "entradas", isBar: true }] : []), { code: "resueltos", isBar: true, tone: 2 }, { code: "pendientes" },
  { code: clock("primeraRespuesta"), name: t("board.median", { name: t("board.first") }) }, { code: clock("resolucion"), name: t("board.median", { name: t("board.resolution") }) },
  { code: "cumplimientoPrimeraRespuesta", isBar: true }, { code: "cumplimientoResolucion", isBar: true }, { code: "tasaReapertura" },
];

function sorted(rows, by) {
  const [code, isDown] = sorting[by];
  const key = (row) => (code === "nombre" ? row.nombre : value(row.conjunto[code]));
  const order = (a, b) => (typeof a === "string" ? a.localeCompare(b, tag) : a - b);
  return [...rows].sort((a, b) => {
    const [one, other] = [key(a), key(b)];
    // What has no value comes last, however it is sorted.
    if (one === null || other === null) return (one === null) - (other === null);
    return isDown ? order(other, one) : order(one, other);
  });
}

const breakdown = (by, name) => card(name, {
  id: `by-${by}`, part: by, kind: "whole table", codes: columns(by).map(({ code }) => code),
  body: (answer) => {
    const shown = columns(by).filter(({ code }) => code in answer.total.conjunto);
    const rows = once(answer, sorting[by].join(), () => sorted(answer.filas, by));
    if (rows.length === 0) return html`<p class="nothing">${t("board.nothing")}</p>`;
    const heading = (code, text) => {
      const [at, isDown] = sorting[by];
      return html`<th scope="col" aria-sort=${at === code ? (isDown ? "descending" : "ascending") : "none"} class=${code === "nombre" ? "" : "figure"}><button class="sort" title=${t("board.sort", { name: text })} @click=${() => { sorting[by] = [code, at === code ? !isDown : code !== "nombre"]; refresh(); }}>${text}<span aria-hidden="true">${at === code ? (isDown ? " ↓" : " ↑") : ""}</span></button></th>`;
    };
    const most = Object.fromEntries(shown.map(({ code }) => [code, typeof rows[0].conjunto[code] === "number" ? Math.max(...rows.map(({ conjunto }) => conjunto[code])) : 1]));
    return html`<div class="scroll" role="group" tabindex="0" aria-label=${name}><table class="list figures-by"><thead><tr>${heading("nombre", t(`board.name.${by}`))}${shown.map(({ code, name: text }) => heading(code, text ?? spec(code).nombre))}</tr></thead>
      <tbody>${repeat(rows, ({ tipo, valor }) => `${tipo} ${valor}`, (row) => html`<tr><th scope="row">${row.nombre}</th>${shown.map(({ code, isBar, tone }) => html`<td class="figure">${cell(by, row, code, isBar, tone, most[code])}</td>`)}</tr>`)}</tbody></table></div>`;
  },
});

function cell(by, { tipo, valor, nombre, conjunto }, code, isBar, tone, most) {
  const text = say(code, conjunto[code]);
  if (code === "pendientes" && conjunto[code] > 0) {
    const link = by === "area" && tipo === "VALOR" ? inQueue(by, { area: valor }) : by === "agente" && tipo === "NINGUNO" ? inQueue(by, { agente: "nadie" }) : by === "agente" && valor === session.user.id ? inQueue(by, { agente: "yo" }) : null;
    if (link) return html`<a href=${link} aria-label=${t("board.open-queue", { name: `${nombre}, ${text}` })}>${text}</a>`;
  }
  return isBar ? html`<span class="barred">${bar(value(conjunto[code]) ?? 0, most, tone ?? (code === "entradas" ? 1 : 3))}<span>${text}</span></span>` : text;
}

// ---- What is shown of it

const choice = (name, list, change) => html`
  <label class="filter"><span>${t(name)}</span><select aria-label=${t(name)} @change=${({ target }) => change(target.value)}>
    ${list.map(([option, text, isChosen]) => html`<option value=${option} ?selected=${isChosen} .selected=${isChosen}>${text}</option>`)}</select></label>`;

function controls() {
  const [first, last] = figures.days();
  const day = (name, of) => html`<label class="filter day"><span>${t(name === "desde" ? "board.from" : "board.until")}</span><input type="date" name=${name} aria-label=${t(name === "desde" ? "board.from" : "board.until")} .value=${of} max=${name === "desde" ? last : nothing} min=${name === "hasta" ? first : nothing} required
    @change=${({ target }) => target.value && target.checkValidity() && want({ [name]: target.value })}></label>`;
  return html`
    <div class="board-controls" role="group" aria-label=${t("filters")}>
      <div class="segments" role="group" aria-label=${t("board.range")}>${[...Object.keys(figures.RANGES), "otro"].map((name) => html`<button aria-pressed=${wanted.rango === name} @click=${() => want({ rango: name, periodo: "" })}>${t(`board.range.${name}`)}</button>`)}</div>
      ${wanted.rango === "otro" ? html`${day("desde", first)}${day("hasta", last)}` : nothing}
      ${choice("board.by", figures.periods().map((name) => [name, t(`board.by.${name}`), figures.period() === name]), (periodo) => want({ periodo }))}
      ${session.user.rol === "AREA" ? nothing : choice("filter.area", [["", t("board.all-areas"), !wanted.area], ...[...new Set([...areas(), ...(wanted.area ? [wanted.area] : [])])].map((name) => [name, name, wanted.area === name])], (area) => want({ area }))}
      ${choice("board.clock", ["Laboral", "Calendario"].map((name) => [name, t(`board.clock.${name}`), wanted.reloj === name]), (reloj) => want({ reloj }))}
    </div>`;
}

function freshness() {
  const { answer } = known.today;
  if (!answer) return nothing;
  const isElsewhere = figures.zone() !== Intl.DateTimeFormat().resolvedOptions().timeZone;
  return html`<p class="fresh muted"><span>${t("board.fresh", { at: said(answer.al, "clock") })}${isElsewhere ? html`, ${t("board.zone", { zone: figures.zone() })}` : nothing}</span>
    ${answer.atraso > 0 ? html`<span class="late">${count("board.behind", answer.atraso)}</span>` : nothing}</p>`;
}

export function view() {
  const { error } = state, isEmpty = !known.today.answer && !known.main.answer;
  if (error && isEmpty) {
    return html`<main class="blank" id="main"><div class="blank" role="alert"><h1 tabindex="-1">${t("page.failed")}</h1><p>${error.message}</p><button class="button" @click=${figures.again}>${t("again")}</button></div></main>`;
  }
  return html`
    <main class="board" id="main" tabindex="-1">
      <header class="page-head"><div><h1 tabindex="-1">${t("nav.tablero")}${wanted.area || session.user.rol === "AREA" ? html` <span class="tag">${wanted.area || session.user.area}</span>` : nothing}</h1><p class="muted lead">${t("board.lead")}</p></div>
        <div class="actions">${freshness()}<button class="button small secondary" @click=${() => print()}>${t("board.print")}</button></div></header>
      ${error ? html`<p class="problem" role="status">${error.message} ${t("board.stands", { at: known.today.answer ? said(known.today.answer.al, "hora") : "–" })} <button class="link" @click=${figures.again}>${t("again")}</button></p>` : nothing}
      <section class="cards now" aria-label=${t("board.now")}>${inflow()}${backlog()}${risk()}</section>
      ${controls()}
      <div class="cards">${summary()}${charts()}${breakdown("area", t("board.by-area"))}${breakdown("agente", t("board.by-agent"))}</div>
    </main>`;
}
