import type { Source } from "./index.js";
import type { Action, ClockState, Form, Role, Status } from "./types.js";

export type { Source } from "./index.js";
export type { Action, ClockState, Role, Status } from "./types.js";

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

/** Loads the module that the functions below ask; once is enough. Without a source: the file beside the script. */
export function init(source?: Source | Promise<Source>): Promise<void>;

/**
 * Checks rules as a server does to which they are applied.
 *
 * @throws {TypeError} for what is no rules: which value is not allowed, and why
 */
export function checkRules(rules: unknown): void;

/** An instant: milliseconds since 1970, a date, or a text that `Date` reads, such as `2026-03-24T14:15:00Z`. */
export type Instant = number | Date | string;

/** From one time of day to another, such as `["08:00", "12:00"]`; where that is not later, of the day after. */
export type Shift = [from: string, until: string];

/** A zone's table, as `zonas` of rules have it. */
export interface Zone {
  nombre: string;
  version?: string | null;
  desfaseSegundos: number;
  transiciones?: [unixSeconds: number, offsetSeconds: number][];
}

/** When a desk works, as `calendarios` of rules have it. */
export interface Calendar {
  zona?: string | null;
  semana?: Partial<Record<"lun" | "mar" | "mie" | "jue" | "vie" | "sab" | "dom", Shift[]>>;
  excepciones?: { fecha: string; nombre?: string | null; horas?: Shift[] }[];
}

export interface ClockReading {
  /** `2026-03-24T14:15:00Z`; `null` beyond the year 2099. */
  due: string | null;
  /** Seconds of working time. */
  elapsed: number;
  /** Seconds of working time; negative once overdue. */
  remaining: number;
  state: ClockState;
}

/**
 * What a clock says at an instant, in the terms of the conformance vectors.
 *
 * @throws {TypeError} for what is no zone, calendar, budget or instant
 */
export function readClock(clock: {
  /** On whose clocks the calendar is; UTC where there is none. */
  zone?: Zone | null;
  /** Around the clock where there is none. */
  calendar?: Calendar | null;
  start: Instant;
  /** `4h`, `90m`, `2bd`. */
  budget: string;
  /** When business days end on the last of them: as its last shift does, or at the time of day of the start. */
  dueAt?: "close" | "same_time";
  /** When the clock stood still: in order, half-open; the last may be open. */
  pauses?: [from: Instant, until?: Instant | null][];
  /** When it is read; without, now. */
  at?: Instant;
}): ClockReading;

/** A time all of which counted, or did not for one reason. */
export interface Interval {
  from: string;
  until: string;
  counted: boolean;
  reason: "working" | "outside-hours" | "closed-date";
  /** The date that the calendar has closed. */
  date?: string;
}

/** How a deadline comes about. */
export interface Explained {
  /** Hours of working time that are granted: those of the intervals that counted. */
  horas: number;
  /** With milliseconds where there are some; `null` beyond the year 2099. */
  fechaLimite: string | null;
  /** From now to the deadline, without gaps; none where there is no deadline. */
  intervals: Interval[];
}

/**
 * What such a ticket would be promised at an instant, and how its deadlines come about; `null` where no policy is for it.
 *
 * @throws {TypeError} for what is no rules
 */
export function explain(
  rules: unknown,
  ticket: Partial<Pick<Form, "tipo" | "prioridad" | "categoria" | "areaAsignada">>,
  now?: Instant,
): { policy: number; primeraRespuesta: Explained | null; resolucion: Explained | null } | null;
