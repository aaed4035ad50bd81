// A document of rules: its members, their types, and what stands for those that are left out.
//
// This reads what the server's `GET /api/reglas` answers, or what somebody has written, and writes it flat, in the order of
// src/document.rs. Which values there may be is the core's to say.

import { HALF_A_PAIR } from "./module.js";
import {
  AUDIENCES, BUDGET_MINUTES_MAX, BUSINESS_DAYS_MAX, DAYS, DUE_AT, FIELDS, NAMESPACE, PAUSES, REMATCH, RULES, STATUSES,
} from "./tables.js";

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

const integer = (least, most) => (value, path, flat) => {
  if (!Number.isSafeInteger(value) || value < least || value > most) expected(path, `an integer from ${least} to ${most}`);
  flat.push(value);
  return value;
};

const count = integer(0, 2 ** 32 - 1);
const offset = integer(-(2 ** 31), 2 ** 31 - 1);
const percent = integer(0, 255);

/** Of an integer, two halves. */
export const wide = (value, path, flat) => {
  if (!Number.isSafeInteger(value)) expected(path, "an integer");
  flat.push(value % 2 ** 32, Math.floor(value / 2 ** 32));
  return value;
};

/** One of some names, by its place. */
const choice = (names) => (value, path, flat) => {
  const place = names.indexOf(value);
  if (place < 0) expected(path, names.join(" or "));
  flat.push(place);
  return value;
};

/** The same, where canonical JSON leaves out the first. */
export const unlessFirst = (names) => (value, path, flat) => {
  const chosen = choice(names)(value, path, flat);
  return chosen === names[0] ? null : chosen;
};

/** What is written otherwise, or not at all. */
const aside = (read, write = () => {}) => (value, path, flat) => {
  const own = [], read_ = read(value, path, own);
  write(flat, own);
  return read_;
};

let checks = false;
/** What only checks ask, and a form does not. */
const forChecks = (read) => (value, path, flat) => read(value, path, checks ? flat : []);

const prefix = (value, path, flat) => text(value, path, flat).replace(/[a-z]/g, (letter) => letter.toUpperCase());

/** Minutes, written in hours where they are whole; business days, which are less than nothing. */
export const budget = (value, path, flat) => {
  const [, digits, unit] = /^(\d+)(h|m|bd)$/.exec(text(value, path, [])) ?? [];
  const amount = digits * (unit === "h" ? 60 : 1), isDays = unit === "bd";
  if (!(amount >= 1 && amount <= (isDays ? BUSINESS_DAYS_MAX : BUDGET_MINUTES_MAX))) expected(path, "a budget, such as 4h, 90m or 2bd");
  flat.push(isDays ? -amount : amount);
  return isDays ? `${amount}bd` : amount % 60 ? `${amount}m` : `${amount / 60}h`;
};

/** A time of day in minutes. */
const minute = (value, path, flat) => {
  const [, hours, minutes] = /^(\d\d):([0-5]\d)$/.exec(text(value, path, [])) ?? [];
  const minute = hours * 60 + +minutes;
  if (!(minute <= 1440)) expected(path, "a time of day, such as 08:00");
  flat.push(minute);
  return value;
};

const shift = (value, path, flat) => {
  const [from, until] = pair(minute, minute)(value, path, flat);
  if (from === "24:00") expected(path, "a time of day before 24:00");
  return [from, until === "00:00" ? "24:00" : until];
};

/** A date, in days since 1970. */
const date = (value, path, flat) => {
  const at = new Date(text(value, path, []));
  if (!/^\d{4}-/.test(value) || at.toJSON()?.slice(0, -14) !== value) expected(path, "a date, such as 2026-12-25");
  flat.push(at / 864e5);
  return value;
};

/** What may be `null`. */
export const option = (read) => (value, path, flat) => {
  flat.push(+(value !== null));
  return value === null ? null : read(value, path, flat);
};

const list = (read) => (value, path, flat) => {
  if (!Array.isArray(value)) expected(path, "a list");
  flat.push(value.length);
  return Array.from(value, (item, index) => read(item, `${path}[${index}]`, flat));
};

const pair = (first, second) => (value, path, flat) => {
  if (!Array.isArray(value) || value.length !== 2) expected(path, "a pair");
  return [first(value[0], path, flat), second(value[1], path, flat)];
};

/** Numbers in order, each once. */
const ordered = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);

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

/**
 * Of each member its name, how it is read, what stands for it where it is left out, without which it must be there, and whether
 * canonical JSON leaves it out where it is null or an empty list.
 */
const object = (known, stranger = "rules have no such member") => (value, path, flat) => {
  const given = members(value, path);
  const whole = {};
  for (const [name, read, otherwise, isLeftOut] of known) {
    const member = given.has(name) ? given.get(name) : otherwise;
    if (member === undefined) refuse(path, `${name} is missing`);
    given.delete(name);
    const found = read(member, inside(path, name), flat);
    if (!isLeftOut || (Array.isArray(found) ? found.length : found !== null)) whole[name] = found;
  }
  for (const name of given.keys()) refuse(inside(path, name), stranger);
  return whole;
};

const texts = list(text);
/** What may be left out, and is where it is null or an empty list. */
const maybe = (name, read) => [name, option(read), null, true];
const some = (name, read) => [name, list(read), [], true];

const named = object([["nombre", text], some("alias", text)]);
const field = object([maybe("requerido", flag), maybe("min", count), maybe("max", count)]);
const names = FIELDS.map(([name]) => name);
const fields = object(names.map((name) => [name, field, {}]), `there is no such field; the fields are ${names.join(", ")}`);
const priorities = object([["lista", list(named), RULES.prioridades.lista], ["soloConocidas", flag, RULES.prioridades.soloConocidas]]);
const areas = object([
  ["lista", list(named), RULES.areas.lista],
  ["predeterminada", text, RULES.areas.predeterminada],
  ["soloConocidas", flag, RULES.areas.soloConocidas],
]);
const label = object([["prefijo", prefix], ["digitos", count, RULES.etiqueta.digitos]]);
const when = object(["tipo", "prioridad", "categoria", "area", "origen"].map((name) => [name, texts, []]));
const step = object([
  ["al", percent], maybe("area", text), maybe("prioridad", text),
  ["notificar", aside(list(choice(AUDIENCES)), (flat, own) => flat.push(own[0])), [], true],
]);
/** Statuses are a bit each. */
const pauses = (standard) => (value, path, flat) => {
  const places = [];
  list(choice(STATUSES))(value ?? standard, path, places);
  const set = ordered(places.slice(1));
  flat.push(set.reduce((bits, place) => bits | (1 << place), 0));
  return set.map((place) => STATUSES[place]);
};
const target = (standard) => object([
  ["porPrioridad", map(budget), {}],
  ["otras", (value, path, flat) => (value === null ? (flat.push(0), null) : budget(value, path, flat)), null],
  ["vence", unlessFirst(DUE_AT), DUE_AT[0], true],
  maybe("calendario", text),
  ["pausa", forChecks(pauses(standard)), null],
  ["enRiesgo", forChecks((value, path, flat) => ordered(list(percent)(value, path, flat))), []],
  ["escalar", forChecks(list(step)), [], true],
]);
const policy = object([
  ["id", count], ["nombre", forChecks(text)], ["cuando", when, {}],
  ...PAUSES.map(([name, standard], kind) => {
    const read = option(target(standard));
    // Of a next response nothing is foreseen; canonical JSON has the last in any case.
    return [name, kind === 1 ? forChecks(read) : read, null, kind < 2];
  }),
  ["alReclasificar", aside(unlessFirst(REMATCH)), REMATCH[0], true],
]);
const zone = object([
  ["nombre", text], ["version", aside(option(text)), null, true], ["desfaseSegundos", offset],
  some("transiciones", pair(wide, offset)),
]);
const exception = object([["fecha", date], ["nombre", forChecks(option(text)), null, true], some("horas", shift)]);
export const calendar = object([
  maybe("zona", text), ["semana", object(DAYS.map((day) => some(day, shift))), {}], some("excepciones", exception),
]);
const rules = object([
  ["campos", fields, {}],
  ["tipos", texts, RULES.tipos],
  ["prioridades", priorities, RULES.prioridades],
  ["areas", areas, RULES.areas],
  ["etiqueta", label, RULES.etiqueta],
  ["sla", object([["politicas", list(policy), RULES.sla.politicas]]), RULES.sla],
  ["cierreAutomatico", forChecks(count), RULES.cierreAutomatico],
  ["reapertura", forChecks(count), RULES.reapertura],
  ["zona", text, RULES.zona],
  ["zonas", list(zone), []],
  ["calendarios", map(calendar), {}],
  ["calendario", forChecks(option(text)), null],
  ["anonimizacion", forChecks(option(count)), null, true],
]);

const byCharacters = (a, b) => (spelt(a) < spelt(b) ? -1 : 1);

/**
 * Reads a document.
 *
 * @param flat takes its texts and numbers
 * @param forTheDesk also those that only checks ask
 * @returns the document in full
 * @throws {TypeError} for what is none
 */
export function readRules(document, flat, forTheDesk = false) {
  checks = forTheDesk;
  const whole = rules(document, "", flat);
  for (const [name, , limits] of FIELDS) whole.campos[name] = { ...limits, ...whole.campos[name] };
  whole.zonas.sort((a, b) => byCharacters(a.nombre, b.nombre));
  for (const { excepciones = [] } of Object.values(whole.calendarios)) excepciones.sort((a, b) => byCharacters(a.fecha, b.fecha));
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
  const members = Object.keys(value).sort(byCharacters).map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members}}`;
}

/** What UTF-16 units order as their characters: the plane of each, and its place there. */
const spelt = (name) => Array.from(name, (character) => {
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
