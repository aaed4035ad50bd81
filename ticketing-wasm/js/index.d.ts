import type { FieldName, Form, Locale, Problem, Ticket } from "./types.js";

export type { FieldName, Form, Locale, Problem, Ticket } from "./types.js";

/** Where the module is: its octets, a compiled module, a response, a URL, or a promise of one of them. */
export type Source = BufferSource | WebAssembly.Module | Response | Request | URL | string;

/** Loads the module; once is enough. Without a source: the file beside the script. */
export function init(source?: Source | Promise<Source>): Promise<void>;

/** What is wrong with one field: the first rule that its value breaks. */
export type Issue = Problem & {
  /** The field in an array; empty for the form as a whole. */
  path: [FieldName] | [];
  field: FieldName | "";
  /** One line in the validator's language, with the limit in it. */
  message: string;
};

export type Verdict = { ok: true; ticket: Ticket; issues?: undefined } | { ok: false; issues: Issue[]; ticket?: undefined };

/** What a form needs to know of a field. */
export interface FieldInfo {
  name: FieldName;
  kind: "text" | "lines" | "email" | "choice" | "flag";
  required: boolean;
  label: string;
  help: string;
  /** Fewest and most characters, of a text. */
  min?: number;
  max?: number;
  /** A choice's values; of a text, values that the rules know. */
  options?: string[];
  /** What a ticket gets that leaves it out. */
  default?: string;
}

/** What a ticket would be promised. */
export interface Promised {
  /** The policy's number. */
  policy: number;
  /** Hours of working time until the ticket is resolved; `null` where the policy has no such target. */
  slaHoras: number | null;
  /** `2026-03-24T14:15:00Z`, or `null` without that target, and beyond the year 2099. */
  fechaLimiteSla: string | null;
  /** The first response: hours of working time, and the deadline, `null` beyond the year 2099. */
  primeraRespuesta: { horas: number; fechaLimite: string | null } | null;
}

export interface Label {
  canonical: string;
  prefix: string;
  year: number;
  number: number;
}

export interface Validator {
  /** Checks a form, of which nothing is taken for granted. Members that are no fields are ignored. */
  validate(form: unknown): Verdict;
  /** Checks one field; `null` where its value keeps the rules. */
  validateField(name: FieldName | (string & {}), value: unknown): Issue | null;
  /** The thirteen fields in their order. */
  fields(): FieldInfo[];
  /** What such a ticket would be promised at an instant; `null` where nothing is. */
  sla(ticket: Partial<Pick<Form, "tipo" | "prioridad" | "categoria" | "areaAsignada">>, now?: number | Date): Promised | null;
  /** A label in these rules' format, as people type it. */
  parseLabel(text: string): Label | null;
  /** The identity of the rules: the server has the same while its rules are the same. */
  readonly rulesHash: string;
  /** Language of messages, labels and help texts; may be changed at any time. */
  get locale(): Locale;
  set locale(tag: string);
  /** Standard Schema, version 1: for form libraries that take any validator. */
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: "ticketing";
    readonly validate: (
      value: unknown,
    ) => { value: Ticket; issues?: undefined } | { issues: readonly { message: string; path: readonly PropertyKey[] }[] };
    readonly types?: { input: Form; output: Ticket };
  };
}

/**
 * A validator for these rules, or for the built-in ones.
 *
 * The rules are taken as checked: a server has done so before it answers them, and `checkRules` of `ticketing-wasm/desk` does it for
 * whoever writes some. By rules that neither would have taken, verdicts and deadlines may be anything.
 *
 * @param rules what `GET /api/reglas` answers
 * @throws {TypeError} for what cannot be read as rules: no object; a member that rules do not have, that is missing or of another
 *   type; a text that is no budget, date or time of day where one stands; a label that cannot be written. The message has the place
 */
export function createValidator(rules?: unknown, options?: { locale?: string }): Validator;

/** A label as people type it, in the built-in format: `tkt 2026-142` is TKT-2026-00142. */
export function parseLabel(text: string): Label | null;

/** Errors as a server's problem+json has them. */
export interface ProblemDetails {
  errors?: readonly { field: string; message: string }[];
  detail?: string;
  status?: number;
}

export interface BoundForm {
  values(): Partial<Form>;
  showErrors(problem: ProblemDetails): void;
  refresh(): void;
  destroy(): void;
}

/** Wires an HTML form whose controls carry the fields' names. */
export function bindForm(
  form: HTMLFormElement,
  validator: Validator,
  options?: {
    /** Sends a valid ticket. The errors of a problem+json that it returns or throws are shown on their fields. */
    onSubmit?: (ticket: Ticket, context: { signal: AbortSignal }) => Promise<unknown>;
    /** The id of the element for a field's message; by default `<name>-error`, made where there is none. */
    errorId?: (name: FieldName) => string;
    /** Show how many characters are left of long texts. */
    counters?: boolean;
  },
): BoundForm;
