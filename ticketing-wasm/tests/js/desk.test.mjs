// What agents' pages ask, beside what the core says natively of every ticket and role.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  allowedActions, allowedStatuses, checkRules, explain, init, mayEdit, mayReply, readClock, statusAfter,
} from "ticketing-wasm/desk";

import { clockOf } from "./vectors.mjs";

const lines = (file) => readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const said = lines(process.env.TICKETING_LIFECYCLE);

test("every role may do to every ticket what the core says", () => {
  assert.equal(said.length, 4 * 2 * 6);
  for (const { ticket, allowed, after, statuses, edit, reply } of said) {
    assert.deepEqual(allowedActions(ticket), allowed);
    assert.deepEqual(allowedStatuses(ticket), statuses);
    assert.deepEqual([mayEdit(ticket), mayReply(ticket)], [edit, reply]);
    for (const [action, status] of Object.entries(after)) assert.equal(statusAfter(action, ticket), status, action);
  }
});

test("a ticket that is not said to be archived is not", () => {
  const ticket = { estado: "CERRADO", rol: "ADMIN" };
  assert.deepEqual(allowedActions(ticket), allowedActions({ ...ticket, archivado: false }));
  assert.deepEqual(allowedActions({ ...ticket, archivado: true }), ["desarchivar"]);
});

test("what is no status, role or action is said to be none", () => {
  assert.throws(() => allowedActions({ estado: "PENDIENTE", rol: "MESA" }), /there is no status PENDIENTE/);
  assert.throws(() => allowedActions({ estado: "ABIERTO", rol: "JEFE" }), /there is no role JEFE/);
  assert.throws(() => allowedActions({ estado: "toString", rol: "constructor" }), TypeError);
  assert.equal(statusAfter("toString", { estado: "ABIERTO", rol: "ADMIN" }), null);
});

test("what asks the module says so before it is there", () => {
  assert.throws(() => checkRules({}), /call and await init\(\) first/);
});

test("rules are refused with the place and the reason", async () => {
  await init();
  assert.equal(checkRules({}), undefined);
  for (const [rules, why] of [
    [{ campos: { asunto: { max: 1e9 } } }, "campos.asunto.max: at most 1000"],
    [{ tipos: [] }, "tipos: at least one type is needed"],
    [{ zona: "Europe/Madrid" }, "zona: the zone “Europe/Madrid” is not in zonas; the server fills that in, from its tz database, when rules are applied"],
    [{ calendario: "X", calendarios: { B: { semana: { lun: [["08:00", "12:00"]] } }, A: { semana: { lun: [["08:00", "12:00"]] } } } },
      "calendario: “X” is no calendar; calendarios has A, B"],
  ]) {
    assert.throws(() => checkRules(rules), { name: "TypeError", message: `these are no rules: ${why}` });
  }
});

test("clocks say what the published vectors say", async (t) => {
  await init();
  const [{ zones }, ...cases] = lines(process.env.TICKETING_VECTORS);
  for (const vector of cases) {
    const { due, elapsed, remaining, state } = readClock(clockOf(vector, zones));
    const { expect } = vector;
    assert.deepEqual({ due, elapsed_seconds: elapsed, remaining_seconds: remaining, state }, expect, vector.name);
  }
  t.diagnostic(`${cases.length} vectors`);
  assert.ok(cases.length > 2000);
});

test("what is no clock is told so", async () => {
  await init();
  const clock = { start: 0, budget: "4h", at: 3_600_000 };
  assert.deepEqual(readClock(clock), { due: "1970-01-01T04:00:00Z", elapsed: 3600, remaining: 10800, state: "running" });
  // A desk that never works is no calendar of rules, but a clock has an answer.
  assert.deepEqual(readClock({ ...clock, calendar: {} }), { due: null, elapsed: 0, remaining: 14400, state: "running" });
  for (const [wrong, why] of [
    [{ budget: "1d" }, /^budget: expected a budget/], [{ start: "x" }, /^start is no instant/], [{ at: null }, /^at is no instant/],
    [{ dueAt: "noon" }, /^dueAt: expected close or same_time/], [{ calendar: { semana: { lun: ["08:00"] } } }, /^calendar\.semana\.lun\[0\]: expected a pair/],
    [{ zone: { nombre: "X", desfaseSegundos: 86400 } }, /zonas\[0\]: an offset from UTC is less than a day/],
    [{ pauses: [[5, 9], [8, 9]] }, /^pauses\[1\] begins before/], [{ pauses: [[9, 5]] }, /^pauses\[0\] ends before/],
    [{ pauses: [[5], [8, 9]] }, /^pauses\[1\] begins before/],
  ]) {
    assert.throws(() => readClock({ ...clock, ...wrong }), (error) => error instanceof TypeError && why.test(error.message), JSON.stringify(wrong));
  }
});

test("deadlines come about as the core says, and what counted is what is granted", async (t) => {
  await init();
  const [{ documents }, ...cases] = lines(process.env.TICKETING_EXPLANATIONS);
  let intervals = 0;
  for (const { rules, ticket, now, explained } of cases) {
    const found = explain(documents[rules], ticket, now);
    assert.deepEqual(found, explained);
    for (const target of [found?.primeraRespuesta, found?.resolucion]) {
      if (!target?.fechaLimite) continue;
      const counted = target.intervals.filter(({ counted }) => counted);
      const millis = counted.reduce((sum, { from, until }) => sum + (Date.parse(until) - Date.parse(from)), 0);
      assert.equal(millis / 36e5, target.horas);
      intervals += target.intervals.length;
    }
  }
  t.diagnostic(`${cases.length} tickets, ${intervals} intervals`);
  assert.ok(intervals > 10 * cases.length);
});
