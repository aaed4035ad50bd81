// The desk's rules: written here, judged by the core while they are written, compared with the active ones before they take their place.

import "./texts-later.js";
import { html, nothing } from "./lit.js";
import { ask, send } from "./api.js";
import { refreshRules, rules, whyRefused } from "./core.js";
import * as dialog from "./dialog.js";
import { count, locale, number, t } from "./page.js";
import { refresh } from "./paint.js";
import { inWords } from "./refusals.js";
import { tell } from "./notice.js";

const state = { text: "", active: "", etag: null, why: null, preview: null, problem: null, isBusy: false, isLoading: true };
let checking;

export async function enter() {
  if (state.text !== state.active) return;
  await load();
}

async function load() {
  Object.assign(state, { isLoading: true, problem: null, preview: null, why: null });
  refresh();
  try {
    const { body, etag } = await ask("api/reglas");
    rules.document = body;
    // The tables of zones are the server's to make, and nobody's to read.
    const { zonas, ...document } = body;
    state.text = state.active = JSON.stringify(document, null, 2);
    state.etag = etag;
  } catch (error) {
    state.problem = error;
  }
  state.isLoading = false;
  refresh();
}

/** What is written, as a document with the zones' tables that are known here. */
function parsed() {
  const document = JSON.parse(state.text);
  const known = rules.document?.zonas ?? [];
  const names = new Set([document.zona, ...Object.values(document.calendarios ?? {}).map((calendar) => calendar?.zona)]);
  return { ...document, zonas: document.zonas ?? known.filter(({ nombre }) => names.has(nombre)) };
}

/** Why they are refused, in the page's language. */
function why(document) {
  const refusal = whyRefused(document);
  return refusal && inWords(refusal, locale);
}

function judge() {
  try {
    const document = parsed();
    const unknown = [document.zona, ...Object.values(document.calendarios ?? {}).map((calendar) => calendar?.zona)].filter((name) => name && name !== "UTC" && !document.zonas.some(({ nombre }) => nombre === name));
    // Zones that are new here have tables that only the server can make.
    state.why = unknown.length > 0 ? null : why(document);
  } catch (error) {
    state.why = t("rules.no-json", { why: error.message });
  }
  refresh();
}

function typed(event) {
  state.text = event.target.value;
  state.preview = state.problem = null;
  clearTimeout(checking);
  checking = setTimeout(judge, 200);
  refresh();
}

async function preview() {
  judge();
  if (state.why) return;
  Object.assign(state, { isBusy: true, problem: null });
  refresh();
  try {
    const { body, etag } = await send("POST", "api/reglas/previa", parsed());
    state.preview = { ...body, etag };
  } catch (error) {
    state.problem = error;
  }
  state.isBusy = false;
  refresh();
}

const apply = () => {
  let rematches = false;
  dialog.show({
    title: t("rules.apply"),
    body: () => html`<p>${t("rules.apply.text")}</p>
      <label class="check"><input type="checkbox" @change=${(event) => (rematches = event.target.checked)}> ${t("rules.rematch", { n: number(state.preview.abiertos.total) })}</label>
      <footer><button class="button quiet" @click=${dialog.close}>${t("cancel")}</button>
      <button class="button" @click=${async () => {
        dialog.close();
        Object.assign(state, { isBusy: true, problem: null });
        refresh();
        try {
          const { body } = await send("PUT", `api/reglas?abiertos=${rematches ? "si" : "no"}`, parsed(), { etag: state.preview.etag });
          tell(body.abiertos === null ? t("rules.applied", { version: body.version }) : count("rules.rematched", body.abiertos));
          await refreshRules();
          await load();
        } catch (error) {
          state.problem = error;
        }
        state.isBusy = false;
        refresh();
      }}>${t("rules.apply")}</button></footer>`,
  });
};

const shown = (value) => value === null || value === undefined ? html`<span class="muted">–</span>` : html`<code>${JSON.stringify(value).slice(0, 160)}</code>`;

function previewed() {
  const { cambios, abiertos } = state.preview;
  if (cambios.length === 0) return html`<section class="card" role="status"><h2>${t("rules.preview")}</h2><p class="muted">${t("rules.same")}</p></section>`;
  const figures = ["otra_promesa", "otra_fecha", "vencerian", "dejarian_de_estar_vencidos"];
  return html`
    <section class="card" aria-labelledby="preview-title"><h2 id="preview-title">${t("rules.preview")}</h2>
      <div class="scroll" role="group" tabindex="0" aria-label=${t("rules.preview")}><table class="list"><thead><tr><th scope="col">${t("rules.path")}</th><th scope="col">${t("rules.before")}</th><th scope="col">${t("rules.after")}</th></tr></thead>
        <tbody>${cambios.filter(({ ruta }) => !ruta.startsWith("zonas")).map(({ ruta, antes, despues }) => html`<tr><th scope="row"><code>${ruta}</code></th><td>${shown(antes)}</td><td>${shown(despues)}</td></tr>`)}</tbody></table></div>
      <h3>${count("rules.open", abiertos.total)}</h3>
      <dl class="figures">${figures.map((name) => html`<div class=${name === "vencerian" && abiertos[name] > 0 ? "bad" : ""}><dt>${t(`rules.${name}`)}</dt><dd>${number(abiertos[name])}</dd></div>`)}</dl>
      <button class="button" aria-disabled=${state.isBusy} @click=${apply}>${t("rules.apply")}</button>
    </section>`;
}

export const view = () => html`
  <main class="admin" id="main" tabindex="-1">
    <header class="page-head"><div><h1 tabindex="-1">${t("nav.reglas")}</h1><p class="muted">${t("rules.lead")} ${state.etag ? html`<code>${state.etag.replaceAll(/W\/|"/g, "").slice(0, 8)}</code>` : nothing}</p></div>
      <div class="actions"><button class="button quiet" ?disabled=${state.text === state.active} @click=${load}>${t("rules.undo")}</button>
      <button class="button" aria-disabled=${state.isBusy || Boolean(state.why)} @click=${preview}>${state.isBusy ? t("busy") : t("rules.preview.go")}</button></div></header>
    ${state.problem ? html`<p class="problem" role="alert">${state.problem.code === "invalid-rules" ? inWords(state.problem.message, locale) : state.problem.message} ${state.problem.code === "rules-changed" ? html`<button class="link" @click=${load}>${t("rules.reload")}</button>` : nothing}</p>` : nothing}
    ${state.isLoading ? html`<p class="muted" aria-busy="true">${t("loading")}</p>` : html`
      <div class="rules">
        <label class="editor"><span class="visually-hidden">${t("rules.editor")}</span>
          <textarea spellcheck="false" autocapitalize="off" aria-invalid=${state.why ? "true" : nothing} aria-describedby="rules-verdict" .value=${state.text} @input=${typed}></textarea></label>
        <div class="column">
          <p id="rules-verdict" class="verdict ${state.why ? "bad" : "good"}" role="status">${state.why ?? t(state.text === state.active ? "rules.active" : "rules.valid")}</p>
          ${state.preview ? previewed() : html`<p class="muted">${t("rules.help")}</p>`}
        </div>
      </div>`}
  </main>`;
