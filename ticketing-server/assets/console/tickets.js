// The queue as data: which tickets are wanted, those that are there, and what happens to them meanwhile.

import { ask } from "./api.js";
import { allowedActions, remaining } from "./core.js";
import { t } from "./page.js";
import { refresh } from "./paint.js";
import { session } from "./session.js";
import { Source, byLabel } from "./source.js";
import { listen } from "./stream.js";

export const OPEN = ["ABIERTO", "EN_PROCESO", "PAUSADO"];
/** Where a queue is wanted in another order than the service's, or by what the service does not list, all of it is fetched; up to here. */
const ALL_MAX = 20_000;
const PAGE = 100;
/** The first page is what a screen shows, so that it is there at once. */
const FIRST_PAGE = 40;
/** Rows that are read again at once, because what happened has moved their clocks. */
const AT_ONCE = 4;

export const ANY = { estado: "", prioridad: "", area: "", agente: "", plazo: "", q: "", archivados: "no", orden: "nuevos" };
/** Within how many hours what is due soon is due. */
const WITHIN = { "1h": 1, "4h": 4, hoy: 24 };
export const filter = { ...ANY, estado: "abiertos" };

export const queue = {
  rows: [],
  /** Those that are shown, in the order in which they are. */
  shown: [],
  total: 0,
  isLoading: false,
  isOver: true,
  error: null,
  selected: new Set(),
  /** The row that the keyboard is at, by its ticket. */
  active: null,
  /** Tickets that have just changed, and when: they light up. */
  touched: new Map(),
};
let byId = new Map(), source = null, giveUp = new AbortController(), arranged = true;

/** Wants other tickets than before. */
export async function choose(changes) {
  Object.assign(filter, changes);
  giveUp.abort();
  giveUp = new AbortController();
  const { signal } = giveUp;
  const parameters = { archivados: filter.archivados };
  for (const name of ["prioridad", "area", "q"]) if (filter[name]) parameters[name] = filter[name];
  const statuses = filter.estado === "abiertos" ? OPEN : filter.estado ? [filter.estado] : [];
  source = new Source(parameters, statuses);
  Object.assign(queue, { rows: [], shown: [], total: null, isLoading: true, isOver: false, error: null, active: null });
  queue.selected.clear();
  byId = new Map();
  refresh();
  await load(signal);
}

/** Whether all of it is needed to show the first of it. */
const needsAll = () => filter.orden !== "nuevos" || filter.agente || filter.plazo;

async function load(signal) {
  queue.isLoading = true;
  queue.error = null;
  refresh();
  try {
    do {
      const rows = await source.more(queue.rows.length === 0 ? FIRST_PAGE : needsAll() ? 1_000 : PAGE, signal);
      for (const row of rows) add(row);
      queue.total = source.total;
      queue.isOver = source.isOver;
      arrange();
      refresh();
    } while (needsAll() && !source.isOver && queue.rows.length < ALL_MAX);
  } catch (error) {
    if (signal.aborted) return;
    queue.error = error;
  }
  queue.isLoading = false;
  refresh();
}

export function loadMore() {
  if (!queue.isLoading && !queue.isOver && !queue.error) load(giveUp.signal);
}

export const retry = () => load(giveUp.signal);

function add(row) {
  if (byId.has(row.uuid)) return Object.assign(byId.get(row.uuid), row);
  byId.set(row.uuid, row);
  queue.rows.push(row);
}

export const find = (uuid) => byId.get(uuid);

/** Puts what is there into the order in which it is wanted. */
function arrange() {
  arranged = true;
  const now = Date.now();
  let rows = queue.rows.filter((row) => passes(row, now));
  if (filter.orden === "nuevos") rows.sort(byLabel);
  if (filter.orden === "cambios") rows.sort((a, b) => b.actualizado_en.localeCompare(a.actualizado_en) || byLabel(a, b));
  if (filter.orden === "plazo") {
    // What has no deadline, or whose clock stands, comes last.
    const key = (row) => (row.vence === null ? Infinity : row.corre ? Date.parse(row.vence) : Date.parse(row.vence) + 1e13);
    const keys = new Map(rows.map((row) => [row, key(row)]));
    rows.sort((a, b) => keys.get(a) - keys.get(b) || byLabel(a, b));
  }
  queue.shown = rows;
}

/** Whether a ticket is one of those that are wanted, as far as its row tells. What somebody works with stays before their eyes. */
function passes(row, now) {
  if (row.uuid === queue.active || queue.selected.has(row.uuid)) return true;
  const { estado, prioridad, area, agente, plazo, archivados } = filter;
  if (estado === "abiertos" ? !OPEN.includes(row.estado) : estado && row.estado !== estado) return false;
  if (prioridad && (row.prioridad_nom ?? row.prioridad) !== prioridad) return false;
  if (area && row.area !== area) return false;
  if (agente === "yo" ? row.agente_id !== session.user.id : agente === "nadie" && row.agente_id !== null) return false;
  if (archivados === "no" ? row.archivado : archivados === "solo" && !row.archivado) return false;
  if (plazo === "vencidos" && !row.vencido) return false;
  if (WITHIN[plazo]) {
    const left = remaining(row, now);
    if (row.vencido || !row.corre || left === null || Date.parse(row.vence) - now > WITHIN[plazo] * 3_600_000) return false;
  }
  return true;
}

/** What would be shown is looked at again, four times a second at most. */
function rearrange() {
  if (!arranged) return;
  arranged = false;
  setTimeout(() => {
    arrange();
    refresh();
  }, 250);
}

// ---- What happens meanwhile

/** Labels of rows whose clocks are to be read again. */
const stale = new Map();
let reading = 0, hasNews = false, agents = new Map();

export const knows = (list) => (agents = new Map(list.map(({ id, name }) => [name, id])));

listen((event) => {
  const row = byId.get(event.ticket_uuid);
  if (!row) {
    if (event.accion === "CREACION" || event.area_despues || event.estado_despues) news();
    return;
  }
  const before = { ...row };
  if (event.estado_despues) row.estado = event.estado_despues;
  if (event.prioridad_despues) row.prioridad = row.prioridad_nom = event.prioridad_despues;
  if (event.area_despues) row.area = event.area_despues;
  if (event.agente_antes || event.agente_despues) {
    row.agente_nombre = event.agente_despues;
    row.agente_id = agents.get(event.agente_despues) ?? null;
  }
  if (event.accion === "ARCHIVADO") row.archivado = true;
  if (event.accion === "DESARCHIVADO") row.archivado = false;
  row.actualizado_en = event.fecha;
  queue.touched.set(row.uuid, Date.now());
  const moves = before.estado !== row.estado || before.prioridad !== row.prioridad || before.archivado !== row.archivado || event.accion === "RECLASIFICACION" || event.sla;
  if (moves) {
    // Until the clock is read again, one that stands does not run on.
    if (!OPEN.includes(row.estado) || row.estado === "PAUSADO") row.corre = false;
    stale.set(row.uuid, row.label);
    readAgain();
  }
  rearrange();
  refresh();
});

/** Reads rows again: those that are on the screen, a few at a time. */
let isOnScreen = () => false;
export const sees = (test) => (isOnScreen = test);

export function readAgain() {
  for (const [uuid, label] of stale) {
    if (reading >= AT_ONCE) return;
    if (!isOnScreen(uuid)) continue;
    stale.delete(uuid);
    reading += 1;
    readRow(label).catch(() => {}).finally(() => setTimeout(() => {
      reading -= 1;
      readAgain();
    }, 100));
  }
}

async function readRow(label) {
  const { body } = await ask(`api/tickets/cola?q=${encodeURIComponent(label)}&limite=1`);
  for (const row of body) if (byId.has(row.uuid)) Object.assign(byId.get(row.uuid), row, { leido: Date.now() });
  rearrange();
}

/** Something came that may belong to the queue: its newest page is read again, once a second at most. */
function news() {
  if (hasNews || filter.q) return;
  hasNews = true;
  setTimeout(async () => {
    try {
      const parameters = { archivados: filter.archivados };
      for (const name of ["prioridad", "area"]) if (filter[name]) parameters[name] = filter[name];
      const statuses = filter.estado === "abiertos" ? OPEN : filter.estado ? [filter.estado] : [];
      const { signal } = giveUp;
      const newest = new Source(parameters, statuses);
      const rows = await newest.more(PAGE, signal);
      if (!signal.aborted) {
        for (const row of rows) {
          if (!byId.has(row.uuid)) queue.touched.set(row.uuid, Date.now());
          add(row);
        }
        queue.total = newest.total;
        arrange();
        refresh();
      }
    } catch {
      // The next thing that happens asks again.
    }
    hasNews = false;
  }, 1_000);
}

// ---- Many at once

/** Actions that some of the tickets that are selected take. */
export function bulkActions() {
  const rows = [...queue.selected].map(find).filter(Boolean);
  const every = new Map();
  for (const row of rows) for (const action of allowedActions(row)) every.set(action, (every.get(action) ?? 0) + 1);
  return every;
}

/**
 * Does the same to each of the tickets that are selected, four at a time. Each is a command of its own: what is refused, is refused alone.
 *
 * @returns {Promise<{ done: number, refused: { label: string, why: string }[] }>}
 */
export async function doToAll(action, body, progress) {
  const rows = [...queue.selected].map(find).filter(Boolean);
  const refused = [];
  let done = 0, at = 0;
  const worker = async () => {
    while (at < rows.length) {
      const row = rows[at++];
      try {
        await ask(`api/tickets/${row.uuid}/${action}`, { method: "POST", body, key: crypto.randomUUID() });
        queue.selected.delete(row.uuid);
      } catch (error) {
        refused.push({ label: row.label, why: error.message });
      }
      progress((done += 1), rows.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  rearrange();
  return { done: rows.length - refused.length, refused };
}

export const nameOf = (kind, value) => t(`${kind}.${value}`);
