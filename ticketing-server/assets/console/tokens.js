// Tokens of other systems: what they may do, until when, and when they were last used.

import "./texts-later.js";
import { html } from "./lit.js";
import { get, send } from "./api.js";
import * as dialog from "./dialog.js";
import { instant, t } from "./page.js";
import { List, attempt, edit, page, showSecret } from "./table.js";

const tokens = new List(() => get("api/auth/tokens"));
export const enter = () => tokens.load();

const SCOPES = ["tickets:read", "tickets:write", "subscriptions"];

const create = () => edit({
  title: t("tokens.new"), action: t("tokens.create"),
  fields: [
    { name: "nombre", label: t("fact.nombre"), help: t("tokens.name.help") },
    { name: "alcances", label: t("tokens.scopes"), kind: "checks", value: ["tickets:read"], options: SCOPES.map((scope) => [scope, html`<code>${scope}</code> <span class="muted">${t(`scope.${scope}`)}</span>`]) },
    { name: "expira_en", label: t("tokens.expires"), kind: "date", help: t("tokens.expires.help") },
  ],
  async perform({ nombre, alcances, expira_en }) {
    const { body } = await send("POST", "api/auth/tokens", { nombre, alcances, expira_en: expira_en ? new Date(`${expira_en}T23:59:59`).toISOString().replace(/\.\d+/, "") : null });
    tokens.load();
    return () => showSecret(body.nombre, body.token, t("tokens.once"));
  },
});

const revoke = (token) => dialog.confirm(t("tokens.revoke"), t("tokens.revoke.text", { name: token.nombre }), t("tokens.revoke"), async () => {
  await attempt(() => send("DELETE", `api/auth/tokens/${token.id}`), t("tokens.revoked"));
  await tokens.load();
});

export const view = () => page(t("nav.tokens"), t("tokens.lead"), html`<button class="button" @click=${create}>${t("tokens.new")}</button>`,
  tokens.view([t("fact.nombre"), t("tokens.start"), t("tokens.scopes"), t("tokens.created"), t("tokens.expires"), t("tokens.used"), t("state"), t("do")], (token) => html`
    <tr class=${token.is_active ? "" : "off"}>
      <th scope="row">${token.nombre}</th><td><code>${token.prefijo}…</code></td><td>${token.alcances.map((scope) => html`<code class="tag">${scope}</code> `)}</td>
      <td>${instant(token.creado_en)}</td><td>${token.expira_en ? instant(token.expira_en) : t("never")}</td><td>${token.ultimo_uso_en ? instant(token.ultimo_uso_en) : t("never")}</td>
      <td><span class="state ${token.is_active ? "CUMPLIDO" : ""}">${t(token.is_active ? "active" : token.revocado_en ? "tokens.is-revoked" : "tokens.is-over")}</span></td>
      <td class="do">${token.is_active ? html`<button class="button small quiet" aria-label=${t("tokens.revoke.one", { name: token.nombre })} @click=${() => revoke(token)}>${t("tokens.revoke")}</button>` : ""}</td>
    </tr>`, t("tokens.none")));
