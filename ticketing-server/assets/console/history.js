// What happened to a ticket, in words.

import { html, nothing } from "./lit.js";
import { instant, precisely, t } from "./page.js";

const priority = (name) => (t(`prioridad.${name}`) === `prioridad.${name}` ? name : t(`prioridad.${name}`));
export { priority as priorityName };

/** Who did something. */
export const actor = (event) => event.actor_nombre ?? t(`rol.${event.actor_rol}`);

/** What an event changed: from what to what. */
export function changes(event) {
  const pairs = [
    ["estado", event.estado_antes, event.estado_despues, (value) => t(`estado.${value}`)],
    ["prioridad", event.prioridad_antes, event.prioridad_despues, priority],
    ["area", event.area_antes, event.area_despues, (value) => value],
    ["agente", event.agente_antes, event.agente_despues, (value) => value],
  ];
  return pairs.filter(([, before, after]) => before !== after && (before || after)).map(([name, before, after, say]) => html`
    <span class="change"><span class="muted">${t(`change.${name}`)}</span> ${before ? html`<s>${say(before)}</s> <span aria-hidden="true">→</span><span class="visually-hidden">${t("change.to")}</span>` : nothing} ${after ? say(after) : t("nobody")}</span>`);
}

/** An event in a line. */
export const line = (event) => html`
  <strong>${actor(event)}</strong> ${t(`did.${event.accion}`)} <time datetime=${event.fecha} title=${precisely(event.fecha)}>${instant(event.fecha)}</time>
  ${event.accion === "CREACION" ? nothing : changes(event)}
  ${event.motivo ? html`<q>${event.motivo}</q>` : nothing}`;
