// What agents' pages ask, beside what the core says natively of every ticket and role.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { allowedActions, allowedStatuses, mayEdit, mayReply, statusAfter } from "ticketing-wasm/desk";

const said = readFileSync(process.env.TICKETING_LIFECYCLE, "utf8").trim().split("\n").map((line) => JSON.parse(line));

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
