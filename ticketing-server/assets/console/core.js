// The core's rules in the page: what may be done to a ticket, what its clock says from one second to the next, why rules are refused,
// what is wrong with a form. It is the server's own code; where it is missing – a build product – the server alone decides.

import { get } from "./api.js";
import { locale } from "./page.js";
import { refresh } from "./paint.js";
import { session } from "./session.js";

export const rules = { document: null };
let desk = null, isLoaded = false;

/** The core's module can be asked. */
export const isReady = () => isLoaded && rules.document !== null;

/** Loads the rules of the desk and the core's module; the page works without either until they are there. */
export async function load() {
  const loading = import("../ticketing-wasm/desk.js").then(
    async (module) => {
      desk = module;
      refresh();
      await module.init();
      isLoaded = true;
    },
    (error) => console.info("What is allowed is left to the server.", error),
  );
  await Promise.allSettled([loading, refreshRules()]);
  refresh();
}

export async function refreshRules() {
  rules.document = await get("api/reglas");
  zones.clear();
}

const EVERYTHING = ["actualizar", "asignar", "transferir", "reclasificar", "pausar", "reabrir", "cancelar", "archivar", "desarchivar"];
const STATUSES = ["ABIERTO", "EN_PROCESO", "PAUSADO", "RESUELTO", "CERRADO", "CANCELADO"];
const standing = ({ estado, archivado }) => ({ estado, archivado: Boolean(archivado), rol: session.user.rol });

/** The actions that the server would take now. */
export const allowedActions = (ticket) => (desk ? desk.allowedActions(standing(ticket)) : EVERYTHING);
/** The statuses that an update may set. */
export const allowedStatuses = (ticket) => (desk ? desk.allowedStatuses(standing(ticket)) : STATUSES);
export const mayReply = (ticket) => (desk ? desk.mayReply(standing(ticket)) : true);
export const mayEdit = (ticket) => (desk ? desk.mayEdit(standing(ticket)) : true);
export const statusAfter = (action, ticket) => desk?.statusAfter(action, standing(ticket)) ?? null;

const zones = new Map();

/** A calendar with its zone's table, by name; nothing where time is counted around the clock. */
function hoursOf(name) {
  if (!zones.has(name)) {
    const calendar = rules.document?.calendarios?.[name] ?? null;
    const zone = calendar?.zona ?? rules.document?.zona;
    zones.set(name, { calendar, zone: rules.document?.zonas?.find(({ nombre }) => nombre === zone) ?? null });
  }
  return zones.get(name);
}

/** Asked once a second for all tickets that were read at the same moment and run in the same calendar, however often they are drawn. */
let elapsed = new Map(), of = 0;

function elapsedSince(readAt, calendar, at) {
  const now = at - (at % 1_000);
  if (of !== now) [elapsed, of] = [new Map(), now];
  const key = `${readAt} ${calendar}`;
  if (!elapsed.has(key)) {
    const { zone, calendar: hours } = calendar ? hoursOf(calendar) : {};
    const reading = desk.readClock({ zone, calendar: hours, start: readAt, budget: "1h", at: Math.max(now, readAt) });
    elapsed.set(key, reading.elapsed * 1000);
  }
  return elapsed.get(key);
}

/**
 * What remains of a ticket's time: what the server said when it was read, less the working time since, as the core counts it.
 *
 * @returns {number | null} milliseconds of working time, negative once overdue
 */
export function remaining({ restante_ms: then, leido, corre, calendario }, now) {
  if (then === null || then === undefined) return null;
  if (!corre) return then;
  if (!isLoaded || (calendario && !rules.document)) return then - (calendario ? 0 : Math.max(0, now - leido));
  return then - elapsedSince(leido, calendario ?? "", now);
}

/** What lies ahead of a clock: the intervals from an instant on in which so much time is counted. */
export function ahead(calendar, millis, from) {
  if (!isReady() || millis <= 0) return [];
  const minutes = Math.max(1, Math.round(millis / 60_000));
  const resolucion = { otras: `${minutes}m`, ...(calendar ? { calendario: calendar } : {}) };
  const document = { ...rules.document, sla: { politicas: [{ id: 1, nombre: "–", resolucion }] } };
  try {
    return desk.explain(document, {}, from)?.resolucion?.intervals ?? [];
  } catch {
    return [];
  }
}

/** Why a document is no rules; nothing where it is some, or where only the server can tell. */
export function whyRefused(document) {
  if (!isLoaded) return null;
  try {
    desk.checkRules(document);
    return null;
  } catch (error) {
    return error.message.replace("these are no rules: ", "");
  }
}

let forms;
/** The module for forms, when it is first needed. */
export function formChecks() {
  forms ??= import("../ticketing-wasm/index.js").then(async (module) => {
    await module.init();
    return module;
  }).catch((error) => {
    console.info("Checks are left to the server.", error);
    return null;
  });
  return forms;
}

/**
 * Checks texts of the desk's forms: the core's own check of a text of several lines, with other limits.
 *
 * @returns {Promise<(value: string, min: number, max: number) => string | null>} what is wrong, in the page's language
 */
export async function textChecks() {
  const module = await formChecks();
  const validators = new Map();
  return (value, min, max) => {
    if (!module) return null;
    const key = `${min} ${max}`;
    if (!validators.has(key)) {
      validators.set(key, module.createValidator({ campos: { descripcion: { min, max, requerido: true } } }, { locale }));
    }
    return validators.get(key).validateField("descripcion", value)?.message ?? null;
  };
}

/** The validator of a new ticket under the desk's rules. */
export async function ticketValidator() {
  const module = await formChecks();
  return module && rules.document ? module.createValidator(rules.document, { locale }) : null;
}
