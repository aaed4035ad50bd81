// What the form needs of the server: its rules, and a ticket created.

import { createValidator, init } from "ticketing-wasm";

/** A validator for the server's rules; for the built-in ones while the server does not answer. It checks again anyway. */
export async function loadValidator(locale) {
  const [rules] = await Promise.all([loadRules(), init()]);
  return createValidator(rules, { locale });
}

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
export async function createTicket(ticket, locale) {
  const body = JSON.stringify(ticket);
  // An answer may be lost after the ticket was made. Who then sends the same again gets that ticket and not a second one.
  if (last.body !== body) last = { body, key: freshKey() };
  try {
    const response = await fetch("/api/tickets/crear", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": locale, "Idempotency-Key": last.key },
      body,
    });
    const answer = await response.json();
    if (response.ok) last = {};
    return answer;
  } catch {
    return { detail: "No hubo respuesta. Envíe de nuevo: la solicitud no se duplicará." };
  }
}

/** `crypto.randomUUID` would be shorter, but is there only under HTTPS. */
const freshKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join("-");
