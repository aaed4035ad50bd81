// A document of rules: its members, their types, and what stands for those that are left out.
//
// This reads what the server's `GET /api/reglas` answers, or what somebody has written, and writes it flat, in the order of
// src/document.rs. Which values there may be is the core's to say.

import { HALF_A_PAIR } from "./module.js";
import { BUDGET, BUDGET_MINUTES_MAX, FIELDS, NAMESPACE, NO_SUCH_FIELD, REFUSALS, RULES } from "./tables.js";

export function refuse(path, why) {
  throw new TypeError(`these are no rules: ${path && `${path}: `}${why}`);
}

const expected = (path, what) => refuse(path, `expected ${what}`);

// Each reader answers the value as canonical JSON has it, and appends it to `flat`: a text, or a number of 32 bits.

const text = (value, path, flat) => {
  if (typeof value !== "string" || HALF_A_PAIR.test(value)) expected(path, "a text");
  flat.push(value);
  return value;
};

const flag = (value, path, flat) => {
  if (typeof value !== "boolean") expected(path, "true or false");
  flat.push(+value);
  return value;
};

const integer = (least, most, what) => (value, path, flat) => {
  if (!Number.isSafeInteger(value)) expected(path, "an integer");
  if (value < least || value > most) expected(path, what);
  flat.push(value);
  return value;
};

const count = integer(0, 2 ** 32 - 1, "an integer from 0 to 4294967295");
const offset = integer(-(2 ** 31), 2 ** 31 - 1, "seconds of less than a day");

/** Seconds since the epoch, in two halves. */
const instant = (value, path, flat) => {
  if (!Number.isSafeInteger(value)) expected(path, "an integer");
  flat.push(value % 2 ** 32, Math.floor(value / 2 ** 32));
  return value;
};

const prefix = (value, path, flat) => text(value, path, flat).replace(/[a-z]/g, (letter) => letter.toUpperCase());

/** Minutes; written in hours where they are whole. */
const budget = (value, path, flat) => {
  const [, digits, unit] = /^(\d+)([hm])$/.exec(text(value, path, [])) ?? [];
  const minutes = digits * (unit === "h" ? 60 : 1);
  if (!(minutes >= 1 && minutes <= BUDGET_MINUTES_MAX)) refuse(path, BUDGET.replace("{}", () => [...value].slice(0, 40).join("")));
  flat.push(minutes);
  return minutes % 60 ? `${minutes}m` : `${minutes / 60}h`;
};

/** What may be `null`. */
const option = (read) => (value, path, flat) => {
  flat.push(+(value !== null));
  return value === null ? null : read(value, path, flat);
};

const list = (read) => (value, path, flat) => {
  if (!Array.isArray(value)) expected(path, "a list");
  flat.push(value.length);
  return Array.from(value, (item, index) => read(item, `${path}[${index}]`, flat));
};

const inside = (path, name) => (path ? `${path}.${name}` : name);

function members(value, path) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) expected(path, "an object");
  // A member that JSON leaves out is not there.
  return new Map(Object.entries(value).filter(([, member]) => member !== undefined));
}

/** Members of any name. */
const map = (read) => (value, path, flat) => {
  const given = members(value, path);
  flat.push(given.size);
  return Object.fromEntries(
    Array.from(given, ([name, member]) => [text(name, path, flat), read(member, inside(path, name), flat)]));
};

/** Of each member its name, how it is read, and what stands for it where it is left out, without which it must be there. */
const object = (known, stranger = "rules have no such member") => (value, path, flat) => {
  const given = members(value, path);
  const read = known.map(([name, read, otherwise]) => {
    const member = given.has(name) ? given.get(name) : otherwise;
    if (member === undefined) refuse(path, `${name} is missing`);
    given.delete(name);
    return [name, read(member, inside(path, name), flat)];
  });
  for (const name of given.keys()) refuse(inside(path, name), stranger);
  return Object.fromEntries(read);
};

/** The same, without members that are empty lists or null: canonical JSON leaves those out. */
const without = (names, read) => (value, path, flat) => {
  const whole = read(value, path, flat);
  for (const name of names) if (!(whole[name]?.length ?? whole[name] !== null)) delete whole[name];
  return whole;
};

const texts = list(text);
const named = without(["alias"], object([["nombre", text], ["alias", texts, []]]));
const limits = ["requerido", "min", "max"];
const field = without(limits, object([
  ["requerido", option(flag), null], ["min", option(count), null], ["max", option(count), null],
]));
const fields = object(FIELDS.map(([name]) => [name, field, {}]), REFUSALS[NO_SUCH_FIELD]);
const priorities = object([["lista", list(named), RULES.prioridades.lista], ["soloConocidas", flag, RULES.prioridades.soloConocidas]]);
const areas = object([
  ["lista", list(named), RULES.areas.lista],
  ["predeterminada", text, RULES.areas.predeterminada],
  ["soloConocidas", flag, RULES.areas.soloConocidas],
]);
const label = object([["prefijo", prefix], ["digitos", count, RULES.etiqueta.digitos]]);
const when = object(["tipo", "prioridad", "categoria", "area", "origen"].map((name) => [name, texts, []]));
const target = object([["porPrioridad", map(budget), {}], ["otras", option(budget), null]]);
const policy = object([["id", count], ["nombre", text], ["cuando", when, {}], ["resolucion", option(target), null]]);
const transition = object([["desde", instant], ["desfaseSegundos", offset]]);
const zone = without(["transiciones"],
  object([["nombre", text], ["desfaseSegundos", offset], ["transiciones", list(transition), []]]));
const rules = object([
  ["campos", fields, {}],
  ["tipos", texts, RULES.tipos],
  ["prioridades", priorities, RULES.prioridades],
  ["areas", areas, RULES.areas],
  ["etiqueta", label, RULES.etiqueta],
  ["sla", object([["politicas", list(policy), RULES.sla.politicas]]), RULES.sla],
  ["cierreAutomatico", count, RULES.cierreAutomatico],
  ["reapertura", count, RULES.reapertura],
  ["zona", zone, RULES.zona],
]);

/**
 * Reads a document.
 *
 * @param flat takes its texts and numbers
 * @returns the document in full
 * @throws {TypeError} for what is none
 */
export function readRules(document, flat) {
  const whole = rules(document, "", flat);
  for (const [name, , limits] of FIELDS) whole.campos[name] = { ...limits, ...whole.campos[name] };
  return whole;
}

/** The identity of rules: the UUIDv5 of their canonical JSON. */
export function hashOf(rules) {
  const json = new TextEncoder().encode(canonical(rules));
  const octets = new Uint8Array(16 + json.length);
  octets.set(NAMESPACE.match(/../g).map((octet) => parseInt(octet, 16)));
  octets.set(json, 16);
  const digest = sha1(octets);
  // Version 5, and the variant that all UUIDs have.
  digest[1] = (digest[1] & 0xffff0fff) | 0x5000;
  digest[2] = (digest[2] & 0x3fffffff) | 0x80000000;
  const hex = digest.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, "$1-$2-$3-$4-$5");
}

/** JSON without white space, members in the order of their names' characters. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.keys(value).sort((a, b) => (ordered(a) < ordered(b) ? -1 : 1)).map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members}}`;
}

/** What UTF-16 units order as their characters: the plane of each, and its place there. */
const ordered = (name) => Array.from(name, (character) => {
  const point = character.codePointAt(0);
  return String.fromCharCode(point >> 16, point & 0xffff);
}).join("");

/** SHA-1, as five words. Source: FIPS 180-4, 6.1. */
function sha1(octets) {
  const blocks = new Uint32Array((((octets.length + 8) >> 6) + 1) << 4);
  octets.forEach((octet, index) => (blocks[index >> 2] |= octet << (24 - 8 * (index & 3))));
  blocks[octets.length >> 2] |= 0x80 << (24 - 8 * (octets.length & 3));
  blocks[blocks.length - 1] = 8 * octets.length;
  const turn = (word, by) => (word << by) | (word >>> (32 - by));
  const hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const words = [];
  for (let block = 0; block < blocks.length; block += 16) {
    let [a, b, c, d, e] = hash;
    for (let round = 0; round < 80; round++) {
      words[round] = round < 16
        ? blocks[block + round]
        : turn(words[round - 3] ^ words[round - 8] ^ words[round - 14] ^ words[round - 16], 1);
      const mixed = round < 20 ? ((b & c) | (~b & d)) + 0x5a827999
        : round < 40 ? (b ^ c ^ d) + 0x6ed9eba1
        : round < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
        : (b ^ c ^ d) + 0xca62c1d6;
      [a, b, c, d, e] = [(turn(a, 5) + mixed + e + words[round]) | 0, a, turn(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((word, index) => (hash[index] = (hash[index] + word) | 0));
  }
  return hash;
}
