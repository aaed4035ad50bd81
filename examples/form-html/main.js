import { bindForm, createValidator, init } from "./ticketing-wasm/index.js";

const locale = document.documentElement.lang;
const form = document.getElementById("ticket");
const problem = document.getElementById("problem");
const created = document.getElementById("created");

/** The server's rules; while it does not answer, nothing, which means the built-in ones. It checks again anyway. */
async function loadRules() {
  try {
    const response = await fetch("/api/reglas", { signal: AbortSignal.timeout(3000) });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

let last = {};

/** Creates a ticket. Answers what the server does: the ticket, or a problem with `detail` and perhaps `errors`. */
async function createTicket(ticket, signal) {
  const body = JSON.stringify(ticket);
  // An answer may be lost after the ticket was made. Who then sends the same again gets that ticket and not a second one.
  if (last.body !== body) last = { body, key: freshKey() };
  try {
    const response = await fetch("/api/tickets/crear", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": locale, "Idempotency-Key": last.key },
      body,
      signal,
    });
    return await response.json();
  } catch {
    return { detail: "No hubo respuesta. Envíe de nuevo: la solicitud no se duplicará." };
  }
}

/** `crypto.randomUUID` would be shorter, but is there only under HTTPS. */
const freshKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join("-");

async function onSubmit(ticket, { signal }) {
  problem.textContent = "";
  const answer = await createTicket(ticket, signal);
  if (answer.ticketLabel) {
    form.hidden = true;
    created.textContent = `Su solicitud es la ${answer.ticketLabel}.`;
    // The button that had the focus is gone.
    created.focus();
    return;
  }
  // bindForm shows what has a control; the rest is said below the form.
  const isOnItsFields = answer.errors?.length && answer.errors.every(({ field }) => form.elements.namedItem(field));
  if (!isOnItsFields) problem.textContent = answer.detail;
  return answer;
}

try {
  const [rules] = await Promise.all([loadRules(), init()]);
  const validator = createValidator(rules, { locale });
  for (const { name, required, options } of validator.fields()) {
    const control = form.elements.namedItem(name);
    // Nobody could fill it in, and bindForm has no place to say so.
    if (required && !control) throw new Error(`the rules require ${name}, which this form does not have`);
    if (control instanceof HTMLSelectElement) for (const option of options ?? []) control.add(new Option(option));
  }
  bindForm(form, validator, { onSubmit });
  form.querySelector("button").disabled = false;
} catch (error) {
  problem.textContent = "El formulario no se pudo cargar. Vuelva a abrir la página.";
  throw error;
}
