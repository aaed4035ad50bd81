// Webhooks: who is told what happens, what could not be delivered, and delivering it once more.

import "./texts-later.js";
import { html, nothing } from "./lit.js";
import { get, send } from "./api.js";
import * as dialog from "./dialog.js";
import { count, instant, t } from "./page.js";
import { refresh } from "./paint.js";
import { List, attempt, edit, page, showSecret } from "./table.js";

const hooks = new List(() => get("v2/subscriptions"));
/** The one whose deliveries are looked at. */
let open = null, deliveries = null, timer;

export const enter = () => {
  open = null;
  hooks.load();
};

/** What alone somebody may be told; everything where nothing is said. */
const ACTIONS = ["", "CREATED", "STATUS_CHANGED", "OWNER_CHANGED", "COMMENTED", "UPDATED", "SLA_AT_RISK", "SLA_BREACHED"];

function headersOf(text) {
  const headers = {};
  for (const line of text.split("\n").filter((line) => line.trim())) {
    const at = line.indexOf(":");
    if (at < 1) throw new Error(t("webhooks.headers.wrong", { line }));
    headers[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return headers;
}

const fields = (hook) => [
  { name: "url", label: t("webhooks.url"), kind: "url", value: hook?.webhook.url ?? "", help: t("webhooks.url.help") },
  ...(hook ? [] : [{ name: "action", label: t("webhooks.action"), kind: "select", options: ACTIONS.map((action) => [action, t(`happening.${action}`)]) }]),
  { name: "headers", label: t("webhooks.headers"), kind: "lines", value: Object.entries(hook?.webhook.headers ?? {}).map(([name, value]) => `${name}: ${value}`).join("\n"), help: t("webhooks.headers.help") },
];

const create = () => edit({
  title: t("webhooks.new"), fields: fields(null), action: t("webhooks.create"), note: t("webhooks.signed"),
  async perform({ url, action, headers }) {
    const { body } = await send("POST", "v2/subscriptions", { eventType: "TICKET", webhook: { url, headers: headersOf(headers) }, criteria: { action: action || null } });
    hooks.load();
    return () => showSecret(t("webhooks.secret"), body.secret, t("webhooks.once"));
  },
});

const change = (hook) => edit({
  title: t("webhooks.edit"), fields: fields(hook), action: t("save"),
  async perform({ url, headers }) {
    await send("PATCH", `v2/subscriptions/${hook.id}`, { webhook: { url, headers: headersOf(headers) } });
    await hooks.load();
  },
});

async function activate(hook) {
  const status = hook.status === "INACTIVE" ? "ACTIVE" : "INACTIVE";
  await attempt(() => send("PATCH", `v2/subscriptions/${hook.id}`, { status }), t(status === "ACTIVE" ? "webhooks.on" : "webhooks.off"));
  await hooks.load();
}

const rotate = (hook) => dialog.confirm(t("webhooks.rotate"), t("webhooks.rotate.text"), t("webhooks.rotate"), async () => {
  const answer = await attempt(() => send("POST", `v2/subscriptions/${hook.id}/secret`));
  if (answer) showSecret(t("webhooks.secret"), answer.body.secret, t("webhooks.once"));
});

const remove = (hook) => dialog.confirm(t("webhooks.delete"), t("webhooks.delete.text", { url: hook.webhook.url }), t("delete"), async () => {
  await attempt(() => send("DELETE", `v2/subscriptions/${hook.id}`), t("webhooks.deleted"));
  open = null;
  await hooks.load();
});

function look(hook) {
  clearInterval(timer);
  open = open === hook.id ? null : hook.id;
  deliveries = null;
  if (!open) return refresh();
  deliveries = new List(() => get(`v2/subscriptions/${hook.id}/deliveries?size=100`));
  deliveries.load();
  timer = setInterval(() => location.hash === "#/webhooks" && open ? deliveries.load() : clearInterval(timer), 5_000);
}

async function replay(hook, query, done) {
  const answer = await attempt(() => send("POST", `v2/subscriptions/${hook.id}/replay${query}`));
  if (answer) await attempt(async () => answer, answer.body.deliveries === null ? t("webhooks.again.since") : done ?? count("webhooks.revived", answer.body.deliveries));
  await deliveries?.load();
}

const since = (hook) => edit({
  title: t("webhooks.since"), action: t("webhooks.replay"), note: t("webhooks.since.text"),
  fields: [{ name: "since", label: t("webhooks.since.from"), kind: "datetime-local", value: new Date(Date.now() - 3_600_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16) }],
  perform: ({ since: from }) => replay(hook, `?since=${encodeURIComponent(new Date(from).toISOString())}`),
});

const log = (hook) => html`
  <tr class="detail"><td colspan="4">
    <div class="page-head"><h2>${t("webhooks.log")}</h2><div class="actions">
      <button class="button small secondary" @click=${() => replay(hook, "")}>${t("webhooks.replay.all")}</button>
      <button class="button small secondary" @click=${() => since(hook)}>${t("webhooks.since")}</button></div></div>
    <p class="muted">${t("webhooks.log.text")}</p>
    ${deliveries?.view([t("webhooks.delivery"), t("column.label"), t("webhooks.attempts"), t("webhooks.last"), t("webhooks.failure"), t("webhooks.next"), t("do")], (delivery) => html`
      <tr><th scope="row">${delivery.id}</th><td><a href="#/tickets/${delivery.ticketId}">${delivery.label ?? "–"}</a></td><td>${delivery.attempts}</td><td>${instant(delivery.lastAttemptAt)}</td>
        <td>${delivery.failure ? html`${t(`failure.${delivery.failure}`)}${delivery.httpStatus ? ` (${delivery.httpStatus})` : ""}` : t("webhooks.waits")}</td>
        <td>${delivery.nextAttemptAt ? instant(delivery.nextAttemptAt) : html`<span class="state VENCIDO">${t("webhooks.given-up")}</span>`}</td>
        <td class="do">${delivery.nextAttemptAt ? nothing : html`<button class="button small secondary" aria-label=${t("webhooks.replay.one", { n: delivery.id })} @click=${() => replay(hook, `?delivery=${delivery.id}`)}>${t("webhooks.replay")}</button>`}</td></tr>`,
      t("webhooks.log.none"))}
  </td></tr>`;

export const view = () => page(t("nav.webhooks"), t("webhooks.lead"), html`<button class="button" @click=${create}>${t("webhooks.new")}</button>`,
  hooks.view([t("webhooks.url"), t("state"), t("tokens.created"), t("do")], (hook) => html`
    <tr class=${hook.status === "INACTIVE" ? "off" : ""}>
      <th scope="row"><code>${hook.webhook.url}</code>${hook.criteria.action ? html` <span class="tag">${t(`happening.${hook.criteria.action}`)}</span>` : nothing}</th>
      <td><span class="state ${{ ACTIVE: "CUMPLIDO", DEGRADED: "EN_PAUSA" }[hook.status] ?? ""}">${t(`webhooks.status.${hook.status}`)}</span></td><td>${instant(hook.createdAt)}</td>
      <td class="do"><button class="button small secondary" aria-expanded=${open === hook.id} @click=${() => look(hook)}>${t("webhooks.log")}</button>
        <button class="button small quiet" @click=${() => change(hook)}>${t("edit")}</button>
        <button class="button small quiet" @click=${() => activate(hook)}>${t(hook.status === "INACTIVE" ? "webhooks.enable" : "webhooks.disable")}</button>
        <button class="button small quiet" @click=${() => rotate(hook)}>${t("webhooks.rotate")}</button>
        <button class="button small quiet" @click=${() => remove(hook)}>${t("delete")}</button></td>
    </tr>${open === hook.id ? log(hook) : nothing}`, t("webhooks.none")));

