// What is done to tickets: the forms of the lifecycle's actions, checked by the core as they are filled in, and what came in between.

import { html, nothing, repeat } from "./lit.js";
import { ask, get } from "./api.js";
import { allowedStatuses, rules, statusAfter, textChecks } from "./core.js";
import * as dialog from "./dialog.js";
import { line } from "./history.js";
import { count, t } from "./page.js";
import { refresh } from "./paint.js";
import { tell } from "./notice.js";

/** Fewest and most characters, as the API's description has them; a test holds them against it. */
export const LIMITS = { motivo: [3, 1_000], respuesta: [5, 5_000], prioridad: [1, 20], nuevaPrioridad: [1, 20], area: [1, 100], nuevaArea: [1, 100] };

/** The fields of each action, in their order. */
const FIELDS = {
  actualizar: ["estado", "prioridad", "area"],
  asignar: ["agenteId", "motivo"],
  transferir: ["nuevaArea", "agenteId?", "motivo"],
  reclasificar: ["nuevaPrioridad", "nuevaCategoria", "motivo"],
  pausar: ["motivo"],
  reabrir: ["motivo"],
  cancelar: ["rol", "motivo"],
  archivar: ["motivo"],
  desarchivar: ["motivo"],
};

let agents = null;
/** To whom tickets may be given. */
export async function agentList() {
  agents ??= get("v2/agents").catch((error) => {
    agents = null;
    throw error;
  });
  return agents;
}

export const priorities = () => rules.document?.prioridades.lista.map(({ nombre }) => nombre) ?? [];
export const areas = () => rules.document?.areas.lista.map(({ nombre, alias }) => (alias?.includes("MESA DE AYUDA") ? "MESA DE AYUDA" : nombre)) ?? [];

const form = { action: "", errors: new Map(), problem: null, isBusy: false, agents: [], check: () => null, etag: null, ticket: null };

/**
 * Shows the form of an action.
 *
 * @param perform does it: called with the body, the version that is expected, and the key that makes the request repeatable
 * @param ticket where it is done to one alone
 */
export function showAction(action, { title, ticket = null, etag = null, perform, values = {} }) {
  Object.assign(form, { action, ticket, etag, errors: new Map(), problem: null, isBusy: false, values, perform, key: null });
  dialog.show({ title: title ?? t(`action.${action}`), body: actionForm });
  if (FIELDS[action].some((name) => name.startsWith("agenteId"))) {
    agentList().then((list) => { form.agents = list; refresh(); }, (error) => { form.problem = error; refresh(); });
  }
  textChecks().then((check) => (form.check = check));
}

/** What is wrong with a field, as the core says it. */
function wrong(name, value) {
  const optional = form.action === "actualizar";
  if (optional && !value) return null;
  if (name === "agenteId" || name === "rol" || name === "estado") return value || name !== "agenteId" || isOptional(name) ? null : t("error.required");
  const { min = 1, max = 100 } = name === "nuevaCategoria" ? rules.document?.campos.categoria ?? {} : {};
  const [least, most] = LIMITS[name] ?? [min, max];
  return form.check(value, least, most);
}

const isOptional = (name) => FIELDS[form.action].includes(`${name}?`);

function left(event) {
  const { name, value } = event.target;
  const message = value || form.errors.has(name) ? wrong(name, value) : null;
  if (message) form.errors.set(name, message);
  else form.errors.delete(name);
  refresh();
}

function typed(event) {
  // Another request than the one before.
  form.key = null;
  if (form.errors.has(event.target.name)) left(event);
}

async function submit(event, etag = form.etag) {
  event?.preventDefault();
  if (form.isBusy) return;
  const element = document.querySelector("form.action");
  const body = {};
  form.errors = new Map();
  for (const field of FIELDS[form.action]) {
    const name = field.replace("?", "");
    const value = element.elements[name]?.value ?? "";
    const message = wrong(name, value);
    if (message) form.errors.set(name, message);
    if (value || !(form.action === "actualizar")) body[name] = value;
  }
  form.problem = null;
  if (form.errors.size > 0) {
    refresh();
    return element.elements[[...form.errors.keys()][0]]?.focus();
  }
  form.isBusy = true;
  refresh();
  try {
    form.key ??= crypto.randomUUID();
    await form.perform(body, etag, form.key);
    dialog.close();
  } catch (error) {
    form.problem = error;
    for (const [name, message] of error.fields ?? []) form.errors.set(name, message);
  }
  form.isBusy = false;
  refresh();
}

/** What colleagues did while somebody was writing, and what may be done about it. */
export const conflict = (problem, { again, discard }) => html`
  <section class="conflict" role="alert" aria-label=${t("conflict.title")}>
    <h3>${t("conflict.title")}</h3>
    <ul>${problem.changes?.map((event) => html`<li>${line(event)}</li>`)}</ul>
    <div class="actions">
      <button type="button" class="button small" @click=${again}>${t("conflict.again")}</button>
      <button type="button" class="button small quiet" @click=${discard}>${t("conflict.discard")}</button>
    </div>
  </section>`;

export const problemText = (problem) => html`
  <p class="problem" role="alert">${problem.message}${problem.allowed ? html` ${t("error.allowed")} ${problem.allowed.map((name) => t(`action.${name}`)).join(", ") || "–"}.` : nothing}</p>`;

function actionForm() {
  const { action, errors, problem, isBusy, ticket } = form;
  const after = ticket && statusAfter(action, ticket);
  return html`
    <form class="action stack" novalidate @submit=${submit} @focusout=${left} @input=${typed}>
      ${ticket ? html`<p class="muted">${ticket.label} · ${ticket.asunto ?? t("ticket.unnamed")}${after && after !== ticket.estado ? html` → <strong>${t(`estado.${after}`)}</strong>` : nothing}</p>` : nothing}
      ${problem?.status === 412 ? conflict(problem, { again: (event) => submit(event, problem.etag), discard: dialog.close }) : problem && !problem.fields?.size ? problemText(problem) : nothing}
      ${repeat(FIELDS[action], (name) => name, (field) => {
        const name = field.replace("?", ""), error = errors.get(name);
        return html`<label><span>${t(`field.${name}`)}${field.endsWith("?") || action === "actualizar" ? html` <span class="muted">${t("optional")}</span>` : nothing}</span>
          ${control(name, Boolean(error))}
          <span class="error" id="error-${name}" ?hidden=${!error}>${error}</span></label>`;
      })}
      <footer>
        <button type="button" class="button quiet" @click=${dialog.close}>${t("cancel")}</button>
        <button class="button" aria-disabled=${isBusy}>${isBusy ? t("busy") : t(`action.${action}`)}</button>
      </footer>
    </form>`;
}

const options = (list, chosen) => list.map(([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`);

function control(name, isWrong) {
  const { ticket, values } = form;
  const invalid = isWrong ? "true" : nothing, described = `error-${name}`;
  const select = (list, chosen = "") => html`<select name=${name} aria-invalid=${invalid} aria-describedby=${described}>${options(list, chosen)}</select>`;
  switch (name) {
    case "motivo":
      return html`<textarea name="motivo" rows="4" autofocus aria-invalid=${invalid} aria-describedby=${described} .value=${values.motivo ?? ""}></textarea>`;
    case "agenteId":
      return select([["", t("choose")], ...form.agents.map(({ id, name: agent }) => [id, agent])], values.agenteId);
    case "rol":
      return select([["AGENTE", t("field.rol.AGENTE")], ["USUARIO", t("field.rol.USUARIO")]]);
    case "estado":
      return select([["", t("unchanged")], ...(ticket ? allowedStatuses(ticket) : ["ABIERTO", "EN_PROCESO", "PAUSADO", "RESUELTO", "CERRADO", "CANCELADO"]).map((estado) => [estado, t(`estado.${estado}`)])], values.estado);
    case "prioridad": case "nuevaPrioridad": {
      const known = priorities(), own = ticket?.prioridad;
      const all = own && !known.includes(own) ? [own, ...known] : known;
      return select([...(name === "prioridad" ? [["", t("unchanged")]] : []), ...all.map((value) => [value, t(`prioridad.${value}`)])], name === "prioridad" ? "" : own);
    }
    case "area": case "nuevaArea":
      return html`<input name=${name} list="areas" autocomplete="off" aria-invalid=${invalid} aria-describedby=${described}>
        <datalist id="areas">${areas().map((area) => html`<option value=${area}></option>`)}</datalist>`;
    default:
      return html`<input name=${name} autocomplete="off" aria-invalid=${invalid} aria-describedby=${described} .value=${name === "nuevaCategoria" ? ticket?.categoria ?? "" : ""}>`;
  }
}

/** Does an action to one ticket. With the same key it is done once, however often it is sent. */
export const doTo = (ticket, action, body, etag, key) => ask(`api/tickets/${ticket.uuid}/${action}`, { method: "POST", body, etag, key });

export const told = (action, n) => tell(n === 1 ? t(`done.${action}`) : count("done.many", n));
