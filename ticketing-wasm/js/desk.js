// For the pages of those who work tickets: what may be done to one, by the core's table of the lifecycle, without a module; and
// with one, fetched when `init` is called, what clocks say, how deadlines come about, and why rules are refused.

import { LIFECYCLE } from "./lifecycle.js";
import { Core } from "./module.js";
import { budget, calendar, option, readRules, refuse, unlessFirst, wide } from "./rules.js";
import { CLOCK_STATES, DUE_AT, PROMISED, REFUSALS, RULES } from "./tables.js";

/** What a role may do to a ticket where it stands. */
function row({ estado, archivado = false, rol }) {
  if (!Object.hasOwn(LIFECYCLE, rol)) throw new TypeError(`there is no role ${rol}`);
  const rows = LIFECYCLE[rol][archivado ? 1 : 0];
  if (!Object.hasOwn(rows, estado)) throw new TypeError(`there is no status ${estado}`);
  return rows[estado];
}

export function allowedActions(ticket) {
  return row(ticket).actions.map(([name]) => name);
}

export function allowedStatuses(ticket) {
  return [...row(ticket).statuses];
}

export function mayEdit(ticket) {
  return row(ticket).edit;
}

export function mayReply(ticket) {
  return row(ticket).reply;
}

export function statusAfter(action, ticket) {
  const [, after] = row(ticket).actions.find(([name]) => name === action) ?? [];
  return after ?? null;
}

const core = new Core();

let defaultSource = () => new URL("./desk.wasm", import.meta.url);
/** For the entry points: where the module is when nobody says. */
export function setDefaultSource(source) {
  defaultSource = source;
}

export const init = (source) => core.init(source ?? defaultSource());

/** Does something with rules in the module's memory, and forgets them. */
function withRules(rules, act) {
  const flat = [];
  readRules(rules ?? RULES, flat, true);
  core.flat(flat);
  const place = core.exports.rules(core.buffers, core.octets);
  if (!place) {
    const at = core.answer(), [row, number] = core.memory.subarray(at, at + 2);
    const [path, ...found] = core.texts(at + 2);
    const why = REFUSALS[row].replace("{n}", number).replace("{d}", () => date(number)).replace(/\{\}/g, () => found.shift());
    // Of a list, the message has the first.
    refuse(path, [why, ...found].join(", "));
  }
  try {
    return act(place);
  } finally {
    core.exports.forget(place);
  }
}

export function checkRules(rules) {
  withRules(rules, () => {});
}

/** A date, from days since 1970. */
const date = (days) => new Date((days | 0) * 864e5).toJSON().slice(0, 10);

/** As `2026-03-24T14:15:00Z`, with milliseconds where there are some. */
const iso = (millis) => new Date(millis).toISOString().replace(".000Z", "Z");

/** Milliseconds since 1970, of what JavaScript takes for an instant. */
function instant(value, name) {
  const millis = value === null ? NaN : new Date(value).getTime();
  if (!(millis >= 0 && millis < 253402300800000)) throw new TypeError(`${name} is no instant from 1970 to 9999`);
  return millis;
}

export function readClock({ zone = null, calendar: hours = null, start, budget: allowance, dueAt = DUE_AT[0], pauses = [], at = Date.now() }) {
  const flat = [], add = (value, name) => wide(instant(value, name), name, flat);
  try {
    option(calendar)(hours, "calendar", flat);
    budget(allowance, "budget", flat);
    unlessFirst(DUE_AT)(dueAt, "dueAt", flat);
  } catch (error) {
    throw new TypeError(error.message.replace("these are no rules: ", ""));
  }
  add(start, "start");
  flat.push(pauses.length);
  let free = 0;
  for (const [index, [from, until = null]] of pauses.entries()) {
    const name = `pauses[${index}]`, begins = add(from, name);
    if (begins < free) throw new TypeError(`${name} begins before another ends`);
    flat.push(+(until !== null));
    free = until === null ? Infinity : add(until, name);
    if (free < begins) throw new TypeError(`${name} ends before it begins`);
  }
  add(at, "at");
  // A zone as rules have it; they say what is wrong with it.
  return withRules(zone ? { zona: zone.nombre, zonas: [zone] } : {}, (place) => {
    core.flat(flat);
    core.exports.clock(core.buffers, place, core.octets);
    const answer = core.answer();
    const [due, elapsed, remaining] = [0, 2, 4].map((word) => core.wide(answer + word));
    return { due: due ? iso(due) : null, elapsed: elapsed / 1e3, remaining: remaining / 1e3, state: CLOCK_STATES[core.memory[answer + 6]] };
  });
}

const REASONS = ["working", "outside-hours", "closed-date"];

export function explain(rules, ticket, now = Date.now()) {
  const begins = instant(now, "now");
  return withRules(rules, (place) => {
    core.values(PROMISED.map((name) => (Object.hasOwn(ticket ?? {}, name) ? ticket[name] : null)));
    if (!core.exports.explain(core.buffers, place, core.octets, begins)) return null;
    let at = core.answer();
    const { memory } = core, policy = memory[at++];
    const wide = () => core.wide((at += 2) - 2);
    const target = () => {
      if (!memory[at++]) return null;
      const horas = wide() / 36e5, due = wide();
      let from = begins;
      const intervals = Array.from({ length: memory[at++] }, () => {
        const until = wide(), [reason, of] = memory.subarray(at, (at += 2));
        const interval = { from: iso(from), until: iso(until), counted: reason === 0, reason: REASONS[reason] };
        from = until;
        return reason === 2 ? { ...interval, date: date(of) } : interval;
      });
      return { horas, fechaLimite: due ? iso(due) : null, intervals };
    };
    return { policy, primeraRespuesta: target(), resolucion: target() };
  });
}
