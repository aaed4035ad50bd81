// A strict consumer: what it says of the types, tsc checks.

import { bindForm, createValidator, init, parseLabel, type FieldName, type Issue, type Ticket } from "ticketing-wasm";

await init();
await init(new Uint8Array());
const validator = createValidator(await (await fetch("/api/reglas")).json(), { locale: "pt" });

const verdict = validator.validate({ nombre: 7 });
if (verdict.ok) {
  const ticket: Ticket = verdict.ticket;
  const area: string = ticket.areaAsignada;
  const subject: string | undefined = ticket.asunto;
  console.log(area, subject);
} else {
  const [first] = verdict.issues;
  if (first?.code === "too-long") {
    const over: number = first.params.actual - first.params.max;
    console.log(over);
  }
}

const issue: Issue | null = validator.validateField("email", "x");
const field: FieldName | "" = issue?.field ?? "";
const hours: number | null | undefined = validator.sla({ prioridad: "ALTA" })?.slaHoras;
const answered: string | null | undefined = validator.sla({})?.primeraRespuesta?.fechaLimite;
const label: string | undefined = parseLabel("tkt 2026-1")?.canonical;
validator.locale = "en-GB";
console.log(field, hours, answered, label, validator.rulesHash);

// @ts-expect-error: there is no such code
if (issue?.code === "too-wide") console.log(issue);
// @ts-expect-error: there is no such field
const wrong: FieldName = "nombres";
console.log(wrong);

const bound = bindForm(document.querySelector("form")!, validator, {
  async onSubmit(ticket: Ticket, { signal }) {
    return (await fetch("/api/tickets/crear", { method: "POST", body: JSON.stringify(ticket), signal })).json();
  },
});
bound.showErrors({ errors: [{ field: "email", message: "…" }] });

// What form libraries ask for: Standard Schema, version 1.
interface StandardSchema<Input, Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) =>
      | { readonly value: Output; readonly issues?: undefined }
      | { readonly issues: readonly { readonly message: string; readonly path?: readonly PropertyKey[] }[] }
      | Promise<unknown>;
    readonly types?: { readonly input: Input; readonly output: Output };
  };
}
const schema: StandardSchema<unknown, Ticket> = validator;
console.log(schema);

import {
  allowedActions, checkRules, explain, init as initDesk, readClock, statusAfter, type Action, type ClockState, type Status,
} from "ticketing-wasm/desk";

await initDesk();
checkRules({});
const state: ClockState = readClock({
  zone: { nombre: "America/Bogota", desfaseSegundos: -18000 },
  calendar: { semana: { lun: [["08:00", "12:00"]] }, excepciones: [{ fecha: "2026-12-25" }] },
  start: new Date(), budget: "2bd", dueAt: "same_time", pauses: [["2026-03-24T10:15:00Z", null]],
}).state;
const closed: string | undefined = explain({}, { prioridad: "ALTA" }, 0)?.resolucion?.intervals[0]?.date;
console.log(state, closed);
// @ts-expect-error there is no such day
readClock({ calendar: { semana: { mon: [] } }, start: 0, budget: "4h" });

const actions: Action[] = allowedActions({ estado: "ABIERTO", rol: "MESA" });
const after: Status | null = statusAfter("pausar", { estado: "ABIERTO", archivado: false, rol: "AREA" });
console.log(actions, after);
// @ts-expect-error there is no such role
allowedActions({ estado: "ABIERTO", rol: "JEFE" });
