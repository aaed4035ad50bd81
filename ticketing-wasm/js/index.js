// The interface that people use: the core's verdicts as JavaScript values.
//
// What decides is in the WebAssembly module, and in the tables that are made from the same core. This file carries values there
// and back, and gives them their shape.

import { Core } from "./module.js";
import { hashOf, readRules, refuse } from "./rules.js";
import { FIELDS, LOCALES, NOT_AN_OBJECT, PROBLEMS, PROMISED, RULES, UNKNOWN_VALUE } from "./tables.js";

export { bindForm } from "./form.js";

const core = new Core();
const names = FIELDS.map(([name]) => name);
const rows = new Map(names.map((name, row) => [name, row]));

/**
 * Loads the module; once is enough, and twice does no harm.
 *
 * @param source where the module is: its octets, a `WebAssembly.Module`, a `Response`, a URL, or a promise of one of them.
 *   Without it, the file beside this one.
 */
export const init = (source) => core.init(source ?? defaultSource());

let defaultSource = () => new URL("./ticketing_wasm_bg.wasm", import.meta.url);
/** For the entry points: where the module is when nobody says. */
export function setDefaultSource(source) {
  defaultSource = source;
}

const { hasOwnProperty } = Object.prototype;

/** An own property, as `JSON.stringify` would send it; one that throws is a value of no kind that a form has. */
function own(form, name) {
  try {
    return hasOwnProperty.call(form, name) ? form[name] : undefined;
  } catch {
    return Symbol.iterator;
  }
}

// In answers, the words of what a ticket holds in a field.
const TRUE = 2, DEFAULT = 3, TRIMMED = 4;

/** Forgets in the module what is forgotten here. */
const forgotten = typeof FinalizationRegistry === "function"
  ? new FinalizationRegistry((rules) => core.exports.forget(rules))
  : undefined;

class Validator {
  /** Where in the module's memory its rules are. */
  #at;
  #rules;
  /** The values that the rules know of a field by name, and what is said in each language of any other. */
  #known;
  #hash;
  #locale;

  constructor(at, rules, locale) {
    this.#at = at;
    this.#rules = rules;
    const known = (values) => ({ values, messages: [] });
    const named = ({ lista }) => known(lista.map(({ nombre }) => nombre));
    this.#known = { tipo: known(rules.tipos), prioridad: named(rules.prioridades), areaAsignada: named(rules.areas) };
    this.locale = locale;
    forgotten?.register(this, at);
    // Vue and others that wrap objects in proxies leave this one alone: a proxy has no private members.
    Object.defineProperty(this, "__v_skip", { value: true });
    this["~standard"] = {
      version: 1,
      vendor: "ticketing",
      validate: (value) => {
        const { ok, ticket, issues } = this.validate(value);
        return ok ? { value: ticket } : { issues };
      },
    };
  }

  /** An issue, from a problem's row and its numbers. */
  #issue(field, row, first, second) {
    const problem = PROBLEMS[row], path = field ? [field] : [], code = problem[0], said = LOCALES[this.#locale][3][row];
    if (row === UNKNOWN_VALUE) {
      const { values, messages } = this.#known[field];
      const message = (messages[this.#locale] ??= said(values));
      return { path, field, code, params: problem[1]([...values]), message };
    }
    const message = typeof said === "string" ? said : said(first, second);
    return { path, field, code, params: problem[1](first, second), message };
  }

  validate(form) {
    if (typeof form !== "object" || form === null || Array.isArray(form)) {
      return { ok: false, issues: [this.#issue("", NOT_AN_OBJECT)] };
    }
    const given = new Array(names.length);
    for (let row = 0; row < names.length; row++) given[row] = own(form, names[row]);
    core.values(given);
    const found = core.exports.validate(core.buffers, this.#at, core.octets);
    let at = core.answer();
    const { memory } = core;
    if (found) {
      const issues = new Array(found);
      for (let index = 0; index < found; index++, at += 4) {
        issues[index] = this.#issue(names[memory[at]], memory[at + 1], memory[at + 2], memory[at + 3]);
      }
      return { ok: false, issues };
    }
    const ticket = {};
    for (let row = 0; row < given.length; row++) {
      const word = memory[at++];
      if (word === TRIMMED) {
        const text = given[row], start = memory[at++], end = memory[at++];
        ticket[names[row]] = start || end ? text.slice(start, text.length - end) : text;
      } else if (word === DEFAULT) {
        ticket[names[row]] = this.#rules.areas.predeterminada;
      } else if (word) {
        ticket[names[row]] = word === TRUE;
      }
    }
    return { ok: true, ticket };
  }

  validateField(name, value) {
    const row = rows.get(name);
    if (row === undefined) return null;
    const word = core.value(value);
    if (core.exports.validate_field(core.buffers, this.#at, row, word, core.octets)) return null;
    const at = core.answer(), { memory } = core;
    return this.#issue(name, memory[at], memory[at + 1], memory[at + 2]);
  }

  fields() {
    const { campos, areas } = this.#rules;
    const [, labels, helps] = LOCALES[this.#locale];
    return FIELDS.map(([name, kind], row) => {
      const { requerido, min, max } = campos[name];
      const field = { name, kind, required: requerido, label: labels[row], help: helps[row] };
      if (max !== undefined) Object.assign(field, { min, max });
      const options = this.#known[name]?.values;
      if (options?.length) field.options = [...options];
      if (name === "areaAsignada") field.default = areas.predeterminada;
      return field;
    });
  }

  sla(ticket, now = Date.now()) {
    core.values(PROMISED.map((name) => own(ticket ?? {}, name)));
    if (!core.exports.sla(core.buffers, this.#at, core.octets, Number(now))) return null;
    let at = core.answer();
    const { memory } = core, policy = memory[at++];
    const foreseen = () => {
      if (!memory[at++]) return null;
      const horas = core.wide(at) / 36e5, due = core.wide(at + 2);
      at += 4;
      return { horas, fechaLimite: due ? `${new Date(due).toISOString().slice(0, 19)}Z` : null };
    };
    const primeraRespuesta = foreseen(), { horas = null, fechaLimite = null } = foreseen() ?? {};
    return { policy, slaHoras: horas, fechaLimiteSla: fechaLimite, primeraRespuesta };
  }

  parseLabel(text) {
    return readLabel(text, this.#at);
  }

  get rulesHash() {
    return (this.#hash ??= hashOf(this.#rules));
  }

  get locale() {
    return LOCALES[this.#locale][0];
  }

  set locale(tag) {
    const language = String(tag).trim().split(/[-_]/)[0].toLowerCase();
    this.#locale = Math.max(LOCALES.findIndex(([code]) => code === language), 0);
  }
}

/** By the rules at a place in the module's memory, or by the built-in ones. */
function readLabel(text, rules) {
  if (typeof text !== "string") return null;
  core.value(text);
  if (!core.exports.parse_label(core.buffers, rules, core.octets)) return null;
  const at = core.answer();
  const [year, number] = core.memory.subarray(at, at + 2);
  const [canonical] = core.texts(at + 2);
  return { canonical, prefix: canonical.split("-")[0], year, number };
}

/**
 * A validator for these rules, or for the built-in ones. That a server has checked them is taken for granted.
 *
 * @param rules what `GET /api/reglas` answers
 * @throws {TypeError} for what cannot be read as rules
 */
export function createValidator(rules, { locale = "es" } = {}) {
  const flat = [];
  const whole = readRules(rules ?? RULES, flat);
  core.flat(flat);
  const place = core.exports.validator(core.buffers, core.octets);
  if (!place) refuse("etiqueta", "no label can be written so");
  return new Validator(place, whole, locale);
}

/** A label as people type it: `tkt 2026-142` is TKT-2026-00142. In another format than the built-in, ask a validator. */
export const parseLabel = (text) => readLabel(text, 0);
