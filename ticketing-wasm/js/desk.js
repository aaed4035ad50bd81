// What may be done to a ticket, for the pages of those who work it: the core's table of the lifecycle, without its module.

import { LIFECYCLE } from "./lifecycle.js";

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
