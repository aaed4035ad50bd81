import type { Action, Role, Status } from "./types.js";

export type { Action, Role, Status } from "./types.js";

/** Where a ticket stands, and who asks: `estado` and whether `archivado_en` is set, and the `rol` of whoever is logged in. */
export interface Standing {
  estado: Status;
  archivado?: boolean;
  rol: Role;
}

/** The actions that the server would take now, by the last part of their path, in the order of the contract. That a user of one area may touch this ticket is for the caller to know. */
export function allowedActions(ticket: Standing): Action[];

/** The statuses that `actualizar` may set, the present one among them; none where the ticket takes no update. */
export function allowedStatuses(ticket: Standing): Status[];

/** Whether `actualizar` may change priority and area. What re-opens a finished ticket may change them too. */
export function mayEdit(ticket: Standing): boolean;

/** Whether `actualizar` may carry a reply to the requester. */
export function mayReply(ticket: Standing): boolean;

/** The status after an action, `null` where it is not allowed; after `actualizar` without a status the present one. */
export function statusAfter(action: Action, ticket: Standing): Status | null;
