// The interface that people use: the core's verdicts as JavaScript values.
//
// Everything that decides is in the WebAssembly module. This file carries values there and back (see src/wire.rs for the
// layout) and gives them their shape.

import start, * as core from "./ticketing_wasm.js";

export { bindForm } from "./form.js";

const NOTHING = 0, FALSE = 1, TRUE = 2, NUMBER = 3, TEXT = 4, LIST = 5, MAP = 6, NAME = 7, LONE_SURROGATE = 8, OTHER = 9;

let memory;
/** Names that cross as numbers. */
let names;
/** The fields of the table in its order, and the row of each. */
let fieldNames, rows;

/**
 * Loads the module; once is enough, and twice does no harm.
 *
 * @param source where the module is: its octets, a `WebAssembly.Module`, a `Response`, a URL, or a promise of one of them.
 *   Without it, the file beside this one.
 */
export async function init(source) {
  ready ??= Promise.resolve(source ?? defaultSource()).then((module_or_path) => start({ module_or_path })).then((module) => {
    memory = module.memory;
    names = answer(core.names());
    const builtIn = createValidator();
    fieldNames = builtIn.fields().map((field) => field.name);
    rows = new Map(fieldNames.map((name, row) => [name, row]));
  });
  try {
    await ready;
  } catch (error) {
    // Whoever was offline may try again.
    ready = undefined;
    throw error;
  }
}
let ready;
let defaultSource = () => new URL("./ticketing_wasm_bg.wasm", import.meta.url);
/** For the entry points: where the module is when nobody says. */
export function setDefaultSource(source) {
  defaultSource = source;
}

// On the way in

let words = new Uint32Array(0), octets = new Uint8Array(0);
let wordsAt = 0, octetsAt = 0;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const HALF_A_PAIR = /\p{Surrogate}/u;

/** Makes room, without giving up what is written. */
function reserve(moreWords, moreOctets) {
  const wordsEnd = wordsAt + moreWords, octetsEnd = octetsAt + moreOctets;
  if (words.length >= wordsEnd && octets.length >= octetsEnd) return;
  const grown = (had, needs) => (had >= needs ? had : Math.max(needs, 2 * had, 256));
  const room = [grown(words.length, wordsEnd), grown(octets.length, octetsEnd)];
  if (room[1] > 0x7fffffff || !core.reserve(room[0], room[1])) throw new RangeError("the value is too large to be checked");
  words = new Uint32Array(memory.buffer, core.wordsIn(), room[0]);
  octets = new Uint8Array(memory.buffer, core.textIn(), room[1]);
}

function begin() {
  wordsAt = octetsAt = 0;
  // The module's memory has grown, and the views are of what it was.
  if (words.buffer !== memory.buffer) words = new Uint32Array(0), octets = new Uint8Array(0);
  reserve(64, 512);
}

function tag(tag) {
  reserve(1, 0);
  words[wordsAt++] = tag;
}

function writeText(text) {
  const length = text.length;
  reserve(2, 3 * length);
  const from = octetsAt;
  if (length < 48) {
    let at = from, index = 0;
    for (; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) break;
      octets[at++] = unit;
    }
    if (index === length) {
      octetsAt = at;
      words[wordsAt++] = TEXT;
      words[wordsAt++] = length;
      return;
    }
  }
  const { written } = encoder.encodeInto(text, octets.subarray(from));
  if (written !== length && HALF_A_PAIR.test(text)) {
    words[wordsAt++] = LONE_SURROGATE;
    return;
  }
  octetsAt = from + written;
  words[wordsAt++] = TEXT;
  words[wordsAt++] = written;
}

/** A form's value. What JSON leaves out is absent. */
function writeValue(value) {
  if (typeof value === "string") writeText(value);
  else if (value === undefined || value === null) tag(NOTHING);
  else if (typeof value === "boolean") tag(value ? TRUE : FALSE);
  else tag(OTHER);
}

/** Whatever JSON has. */
function writeTree(value) {
  if (Array.isArray(value)) {
    tag(LIST);
    tag(value.length);
    for (const item of value) writeTree(item);
  } else if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    tag(MAP);
    tag(members.length);
    for (const [name, member] of members) {
      writeText(name);
      writeTree(member);
    }
  } else if (Number.isSafeInteger(value)) {
    tag(NUMBER);
    tag(value % 2 ** 32);
    tag(Math.floor(value / 2 ** 32));
  } else {
    writeValue(value);
  }
}

/** An own property, as `JSON.stringify` would send it; one that throws is a value of no kind that a form has. */
function own(form, name) {
  try {
    return Object.prototype.hasOwnProperty.call(form, name) ? form[name] : undefined;
  } catch {
    return Symbol.iterator;
  }
}

// On the way out

let tree = words, texts, at, textAt;

/** The answer at a place: its tree. */
function answer(place) {
  open(place);
  return read();
}

/** Makes an answer the one that is read; says whether all is well. */
function open(place) {
  const { buffer } = memory;
  if (tree.buffer !== buffer) tree = new Uint32Array(buffer);
  at = place >>> 2;
  const isWell = tree[at++] === 1, textPlace = tree[at++], textLength = tree[at++];
  texts = textLength ? decoder.decode(new Uint8Array(buffer, textPlace, textLength)) : "";
  textAt = 0;
  return isWell;
}

function read() {
  switch (tree[at++]) {
    case FALSE:
      return false;
    case TRUE:
      return true;
    case NUMBER:
      return tree[at++];
    case TEXT: {
      const from = textAt;
      textAt += tree[at++];
      return texts.slice(from, textAt);
    }
    case NAME:
      return names[tree[at++]];
    case LIST: {
      const count = tree[at++], list = new Array(count);
      for (let index = 0; index < count; index++) list[index] = read();
      return list;
    }
    case MAP: {
      const map = {};
      for (let left = tree[at++]; left > 0; left--) {
        const name = read();
        map[name] = read();
      }
      return map;
    }
    default:
      return null;
  }
}

function readIssue() {
  const field = read(), code = read(), message = read();
  return { path: field ? [field] : [], field, code, params: read(), message };
}

/** The issues of the answer that is open. */
function readIssues() {
  // A list's tag and count.
  const issues = new Array(tree[at + 1]);
  at += 2;
  for (let index = 0; index < issues.length; index++) issues[index] = readIssue();
  return issues;
}

class Validator {
  #core;

  constructor(core) {
    this.#core = core;
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

  validate(form) {
    const core = this.#core;
    if (typeof form !== "object" || form === null || Array.isArray(form)) {
      open(core.notAForm());
      return { ok: false, issues: readIssues() };
    }
    begin();
    const given = fieldNames.map((name) => own(form, name));
    for (const value of given) writeValue(value);
    if (!open(core.validate(wordsAt, octetsAt))) return { ok: false, issues: readIssues() };
    const ticket = {};
    // A list with a value for each field.
    at += 2;
    for (let row = 0; row < given.length; row++) {
      const value = read();
      // A text that is unchanged need not come back.
      if (value !== null) ticket[fieldNames[row]] = value === true ? given[row] : value;
    }
    return { ok: true, ticket };
  }

  validateField(name, value) {
    const row = rows.get(name);
    if (row === undefined) return null;
    begin();
    writeValue(value);
    return open(this.#core.validateField(row, wordsAt, octetsAt)) ? null : readIssue();
  }

  fields() {
    return answer(this.#core.fields());
  }

  sla(ticket, now = Date.now()) {
    begin();
    for (const name of ["tipo", "prioridad", "categoria", "areaAsignada"]) writeValue(own(ticket ?? {}, name));
    const promised = answer(this.#core.sla(wordsAt, octetsAt, Number(now)));
    if (!promised) return null;
    const [policy, minutes, fechaLimiteSla] = promised;
    return { policy, slaHoras: minutes / 60, fechaLimiteSla };
  }

  parseLabel(text) {
    begin();
    writeValue(text);
    return readLabel(this.#core.parseLabel(wordsAt, octetsAt));
  }

  get rulesHash() {
    return answer(this.#core.identity())[1];
  }

  get locale() {
    return answer(this.#core.identity())[0];
  }

  set locale(tag) {
    begin();
    writeValue(tag);
    this.#core.setLocale(wordsAt, octetsAt);
  }
}

function readLabel(place) {
  const parts = answer(place);
  if (!parts) return null;
  const [canonical, prefix, year, number] = parts;
  return { canonical, prefix, year, number };
}

/**
 * A validator for these rules, or for the built-in ones.
 *
 * @param rules what `GET /api/reglas` answers
 * @throws {TypeError} for what is no rules
 */
export function createValidator(rules, { locale = "es" } = {}) {
  if (!memory) throw new Error("call and await init() first");
  begin();
  writeValue(String(locale));
  writeTree(rules ?? null);
  const made = core.Validator.create(wordsAt, octetsAt);
  if (!made) throw new TypeError(`these are no rules: ${answer(core.complaint())}`);
  return new Validator(made);
}

/** A label as people type it: `tkt 2026-142` is TKT-2026-00142. In another format than the built-in, ask a validator. */
export function parseLabel(text) {
  if (!memory) throw new Error("call and await init() first");
  begin();
  writeValue(text);
  return readLabel(core.parseLabel(wordsAt, octetsAt));
}
