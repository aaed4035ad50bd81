// A ticket: what was said, what happened, what may be done now, and what its clocks say.

import "./texts-later.js";
import { html, nothing, repeat } from "./lit.js";
import * as act from "./act.js";
import { ask, get } from "./api.js";
import { allowedActions, allowedStatuses, mayReply, textChecks } from "./core.js";
import { actor, changes, line, priorityName } from "./history.js";
import * as keys from "./keys.js";
import { due, priorityMark, status } from "./marks.js";
import { say, tell } from "./notice.js";
import { instant, precisely, t } from "./page.js";
import { afterwards, refresh } from "./paint.js";
import { session } from "./session.js";
import { slaCard } from "./sla.js";
import { listen } from "./stream.js";
import { queue } from "./tickets.js";

const shown = { uuid: null, ticket: null, history: [], kinds: new Map(), sla: null, etag: null, error: null, isLoading: false, tab: "all", readAt: 0 };
/** What somebody is writing, by ticket: it stays there when they look elsewhere. */
const drafts = new Map();
/** What colleagues did since somebody began to write. */
let meanwhile = [];
/** Events that this page has caused itself, or has seen. */
let seen = 0;

const draft = () => {
  if (!drafts.has(shown.uuid)) drafts.set(shown.uuid, { kind: "reply", text: "", estado: "", etag: null, error: null, problem: null, isBusy: false, key: null });
  return drafts.get(shown.uuid);
};

export function enter(uuid) {
  keys.bind(bindings);
  if (shown.uuid !== uuid) Object.assign(shown, { uuid, ticket: null, history: [], kinds: new Map(), sla: null, etag: null });
  queue.active = uuid;
  shown.error = null;
  meanwhile = [];
  document.title = t("app.name");
  read().then(() => {
    if (shown.ticket) document.title = `${shown.ticket.label} · ${t("app.name")}`;
    afterwards(() => document.getElementById("ticket-title")?.focus());
  });
  return "own";
}

let again = false;
async function read() {
  if (shown.isLoading) {
    again = true;
    return;
  }
  const { uuid } = shown;
  shown.isLoading = true;
  try {
    const [{ body, etag }, sla, said] = await Promise.all([
      ask(`api/tickets/${uuid}`), get(`api/tickets/${uuid}/sla`), get(`v2/tickets/${uuid}/actions?size=100`),
    ]);
    if (uuid !== shown.uuid) return;
    const { ticket, historial } = body;
    Object.assign(shown, { ticket: known(ticket), history: historial, sla, etag, error: null, readAt: Date.now() });
    shown.kinds = new Map(said.map(({ id, type }) => [id, type]));
    seen = Math.max(seen, historial.at(-1)?.secuencia ?? 0);
  } catch (error) {
    if (uuid === shown.uuid) shown.error = error;
  } finally {
    shown.isLoading = false;
    refresh();
    if (again || uuid !== shown.uuid) {
      again = false;
      read();
    }
  }
}

/** The ticket in the words of the queue, beside its own. */
const known = (ticket) => ({
  ...ticket, label: ticket.ticket_label, asunto: ticket.asunto, archivado: ticket.archivado_en !== null, area: ticket.area_asignada,
});

/** As its resolution's clock was read. */
function clock() {
  const target = shown.sla?.objetivos.find(({ objetivo }) => objetivo === "resolucion");
  if (!target) return { restante_ms: null };
  const runs = ["ABIERTO", "EN_PROCESO", "PAUSADO"].includes(shown.ticket.estado) && !target.pausa.includes(shown.ticket.estado);
  return { restante_ms: target.restante_ms, leido: Date.parse(shown.sla.leido_en), corre: runs, calendario: target.calendario?.nombre ?? null, vencido: target.estado === "VENCIDO", vence: target.vence, concedido_ms: target.concedido_ms };
}

let reading;
listen((event) => {
  if (event.ticket_uuid !== shown.uuid) return;
  if (event.secuencia > seen && event.actor_nombre !== session.user.nombre && !event.sla) {
    meanwhile.push(event);
    say(t("meanwhile.said", { name: actor(event) }));
  }
  // Many events at once are one reading.
  clearTimeout(reading);
  reading = setTimeout(read, 150);
  refresh();
});

const bindings = [
  { keys: ["u", "Escape"], text: t("keys.back"), run: () => (location.hash = "#/") },
  { keys: ["j"], text: t("keys.next"), run: () => step(1) },
  { keys: ["k"], text: t("keys.previous"), run: () => step(-1) },
  { keys: ["c"], text: t("composer.reply"), run: () => compose("reply") },
  { keys: ["n"], text: t("composer.note"), run: () => compose("note") },
  { keys: ["a"], text: t("action.asignar"), run: () => start("asignar") },
  { keys: ["t"], text: t("action.transferir"), run: () => start("transferir") },
  { keys: ["e"], text: t("action.reclasificar"), run: () => start("reclasificar") },
  { keys: ["p"], text: t("action.pausar"), run: () => start("pausar") },
  { keys: ["o"], text: t("action.reabrir"), run: () => start("reabrir") },
];

function step(by) {
  const at = queue.shown.findIndex(({ uuid }) => uuid === shown.uuid);
  const next = queue.shown[at + by];
  if (at >= 0 && next) location.hash = `#/tickets/${next.uuid}`;
}

function compose(kind) {
  Object.assign(draft(), { kind, key: null });
  afterwards(() => document.getElementById("composer-text")?.focus());
}

function start(action) {
  if (!shown.ticket) return;
  if (!allowedActions(shown.ticket).includes(action)) return say(t("not.allowed"));
  meanwhile = [];
  act.showAction(action, {
    ticket: shown.ticket,
    etag: shown.etag,
    values: action === "asignar" ? { agenteId: session.user.id } : {},
    async perform(body, etag, key) {
      const { etag: version } = await act.doTo(shown.ticket, action, body, etag, key);
      shown.etag = version;
      act.told(action, 1);
      await read();
    },
  });
}

// ---- Writing

let check = () => null;

function typed(event) {
  const words = draft();
  if (!words.text && !words.etag) {
    // The version that somebody answers is the one before their eyes.
    words.etag = shown.etag;
    meanwhile = [];
    textChecks().then((checks) => (check = checks));
  }
  words.text = event.target.value;
  words.key = null;
  if (!words.text) words.etag = null;
  if (words.error) words.error = wrong(words);
  refresh();
}

const wrong = ({ kind, text }) => (kind === "reply" ? check(text, ...act.LIMITS.respuesta) : text.trim() ? null : t("error.required"));

async function sendDraft(event, etag) {
  event?.preventDefault();
  const words = draft(), { ticket } = shown;
  if (words.isBusy) return;
  check = await textChecks();
  words.error = words.kind === "reply" && !words.text && words.estado ? null : wrong(words);
  words.problem = null;
  if (words.error) {
    refresh();
    return document.getElementById("composer-text")?.focus();
  }
  words.isBusy = true;
  // An answer that is lost leaves it open whether it was sent: with the same key it is sent once.
  words.key ??= crypto.randomUUID();
  refresh();
  try {
    if (words.kind === "note") {
      await ask(`v2/tickets/${ticket.uuid}/actions`, { method: "POST", body: { type: "INTERNAL", description: words.text }, key: words.key });
    } else {
      const body = {};
      if (words.text) body.respuesta = words.text;
      if (words.estado) body.estado = words.estado;
      await act.doTo(ticket, "actualizar", body, etag ?? words.etag ?? shown.etag, words.key);
    }
    tell(t(words.kind === "note" ? "done.note" : "done.reply"));
    drafts.delete(ticket.uuid);
    meanwhile = [];
    const area = document.getElementById("composer-text");
    if (area) area.value = "";
    await read();
  } catch (error) {
    words.problem = error;
    const message = error.fields?.get("respuesta") ?? error.fields?.get("description");
    if (message) words.error = message;
  }
  words.isBusy = false;
  refresh();
}

function composer(ticket) {
  const words = draft(), replies = mayReply(ticket);
  if (ticket.archivado) return html`<p class="card muted">${t("composer.archived")}</p>`;
  if (!replies && words.kind === "reply") words.kind = "note";
  const statuses = allowedStatuses(ticket).filter((estado) => estado !== ticket.estado);
  const { problem } = words;
  const tab = (kind, disabled = false) => html`<button type="button" role="tab" id="tab-${kind}" aria-selected=${words.kind === kind} aria-controls="composer" tabindex=${words.kind === kind ? 0 : -1} ?disabled=${disabled} @click=${() => compose(kind)} @keydown=${(event) => { if (event.key.startsWith("Arrow")) compose(kind === "reply" ? "note" : "reply"); }}>${t(`composer.${kind}`)}</button>`;
  return html`
    <section class="composer card ${words.kind}" aria-label=${t("composer.title")}>
      <div role="tablist" aria-label=${t("composer.title")}>${tab("reply", !replies)}${tab("note")}</div>
      <div id="composer" role="tabpanel" aria-labelledby="tab-${words.kind}"><form @submit=${sendDraft} novalidate>
        ${meanwhile.length > 0 && words.text ? html`
          <section class="conflict" role="alert"><h3>${t("meanwhile.title")}</h3><ul>${meanwhile.slice(-5).map((event) => html`<li>${line(event)}</li>`)}</ul>
            <button type="button" class="button small" @click=${() => { words.etag = shown.etag; meanwhile = []; refresh(); }}>${t("meanwhile.seen")}</button></section>` : nothing}
        ${problem?.status === 412 ? act.conflict(problem, { again: () => sendDraft(null, problem.etag), discard: () => { words.problem = null; words.etag = shown.etag; refresh(); } }) : problem && !words.error ? act.problemText(problem) : nothing}
        <textarea id="composer-text" rows="4" aria-label=${t(`composer.${words.kind}`)} placeholder=${t(`composer.${words.kind}.hint`)} aria-invalid=${words.error ? "true" : nothing} aria-describedby="composer-error" .value=${words.text} @input=${typed}></textarea>
        <span class="error" id="composer-error" ?hidden=${!words.error}>${words.error}</span>
        <div class="actions">
          ${words.kind === "reply" && statuses.length > 0 ? html`<label class="inline">${t("composer.status")}
            <select @change=${(event) => { words.estado = event.target.value; words.key = null; refresh(); }}><option value="" ?selected=${!words.estado}>${t("unchanged")}</option>${statuses.map((estado) => html`<option value=${estado} ?selected=${words.estado === estado}>${t(`estado.${estado}`)}</option>`)}</select></label>` : html`<span class="muted">${words.kind === "note" ? t("composer.note.who") : nothing}</span>`}
          <button class="button" aria-disabled=${words.isBusy}>${words.isBusy ? t("busy") : t(`composer.${words.kind}.send`)}</button>
        </div>
      </form></div>
    </section>`;
}

// ---- What was said and what happened

function entry(event, ticket) {
  const kind = shown.kinds.get(event.secuencia);
  const words = event.secuencia === 1 ? ticket.descripcion_problema : event.motivo;
  const isSaid = event.secuencia === 1 || kind !== undefined || event.accion === "COMENTARIO";
  const side = kind === "INTERNAL" ? "note" : event.actor_rol === "USUARIO" ? "theirs" : "ours";
  if (shown.tab === "said" && !(isSaid && kind !== "INTERNAL")) return nothing;
  if (shown.tab === "notes" && kind !== "INTERNAL") return nothing;
  const moved = event.accion === "CREACION" ? [] : changes(event);
  return html`
    <li class="entry ${isSaid && words ? `said ${side}` : "happened"}" id="e${event.secuencia}">
      <p class="head"><strong>${actor(event)}</strong> <span class="muted">${kind === "INTERNAL" ? t("did.note") : isSaid && words && event.secuencia !== 1 ? t("did.said") : t(`did.${event.accion}`)}</span>
        <time datetime=${event.fecha} title=${precisely(event.fecha)}>${instant(event.fecha)}</time></p>
      ${moved.length > 0 ? html`<p class="changes">${moved}</p>` : nothing}
      ${words ? html`<p class="words">${words}</p>` : nothing}
      ${event.comentario ? html`<p class="muted small">${event.comentario}</p>` : nothing}
    </li>`;
}

const fact = (name, value) => value ? html`<div><dt>${t(`fact.${name}`)}</dt><dd>${value}</dd></div>` : nothing;

export function view() {
  const { ticket, error } = shown;
  if (error && !ticket) {
    const isNone = error.status === 404 || error.status === 403;
    return html`<main class="blank" id="main"><h1>${t(error.status === 403 ? "ticket.foreign" : isNone ? "ticket.none" : "ticket.failed")}</h1><p>${error.message}</p>
      <p class="actions"><a class="button secondary" href="#/">${t("ticket.back")}</a>${isNone ? nothing : html`<button class="button" @click=${read}>${t("again")}</button>`}</p></main>`;
  }
  if (!ticket) return html`<main class="blank" id="main" aria-busy="true"><p class="muted">${t("loading")}</p></main>`;
  const actions = allowedActions(ticket).filter((name) => name !== "actualizar");
  const now = Date.now(), read_ = clock();
  const tabs = [["all", "timeline.all"], ["said", "timeline.said"], ["notes", "timeline.notes"]];
  return html`
    <main class="ticket" id="main" tabindex="-1">
      <div class="crumbs"><a href="#/">← ${t("queue.title")}</a></div>
      <header class="ticket-head">
        <p class="over"><span class="label">${ticket.label}</span> ${status(ticket)} ${priorityMark(ticket.prioridad, known_(ticket.prioridad))} ${due(read_, now)}</p>
        <h1 id="ticket-title" tabindex="-1">${ticket.asunto ?? t("ticket.unnamed")}</h1>
        <div class="actions" role="toolbar" aria-label=${t("ticket.actions")}>
          ${actions.map((action) => html`<button class="button small ${["cancelar", "archivar"].includes(action) ? "quiet" : "secondary"}" @click=${() => start(action)}>${t(`action.${action}`)}</button>`)}
          ${actions.length === 0 ? html`<span class="muted">${t("ticket.no-actions")}</span>` : nothing}
        </div>
      </header>
      ${error ? act.problemText(error) : nothing}
      <div class="columns">
        <div class="column">
          <div class="segments" role="group" aria-label=${t("timeline.title")}>${tabs.map(([name, text]) => html`<button aria-pressed=${shown.tab === name} @click=${() => { shown.tab = name; refresh(); }}>${t(text)}</button>`)}</div>
          <ol class="timeline" aria-label=${t("timeline.title")}>${repeat(shown.history, ({ secuencia }) => secuencia, (event) => entry(event, ticket))}</ol>
          ${composer(ticket)}
        </div>
        <aside class="column" aria-label=${t("ticket.facts")}>
          <section class="card"><h2>${t("ticket.facts")}</h2><dl class="facts">
            ${fact("agente", ticket.agente_nombre ?? t("nobody"))}${fact("area", ticket.area)}${fact("tipo", ticket.tipo_solicitud && t(`tipo.${ticket.tipo_solicitud}`))}
            ${fact("prioridad", ticket.prioridad && priorityName(ticket.prioridad))}${fact("categoria", [ticket.categoria, ticket.subcategoria].filter(Boolean).join(" › "))}
            ${fact("creado", instant(ticket.creado_en))}${fact("actualizado", instant(ticket.actualizado_en))}
          </dl></section>
          <section class="card"><h2>${t("ticket.requester")}</h2><dl class="facts">
            ${fact("nombre", ticket.solicitante_nombre || t("nobody"))}${fact("email", ticket.solicitante_email && html`<a href="mailto:${ticket.solicitante_email}">${ticket.solicitante_email}</a>`)}
            ${fact("telefono", ticket.solicitante_tel && html`<a href="tel:${ticket.solicitante_tel}">${ticket.solicitante_tel}</a>${ticket.tiene_whatsapp ? " · WhatsApp" : ""}`)}
            ${fact("empresa", ticket.empresa_departamento)}${fact("documento", ticket.documento)}
          </dl></section>
          ${slaCard(shown.sla)}
        </aside>
      </div>
    </main>`;
}

const known_ = (name) => act.priorities().find((priority) => priority === name?.toUpperCase());
