// What the administrators' pages share: a list with its state, and small forms in a dialog.

import { html, nothing, repeat } from "./lit.js";
import * as dialog from "./dialog.js";
import { Problem } from "./api.js";
import { t } from "./page.js";
import { refresh } from "./paint.js";
import { tell } from "./notice.js";

/** A list that is fetched when its page is entered. */
export class List {
  items = null;
  error = null;

  constructor(fetch) {
    this.fetch = fetch;
  }

  async load() {
    this.error = null;
    refresh();
    try {
      this.items = await this.fetch();
    } catch (error) {
      this.error = error;
    }
    refresh();
  }

  view(columns, row, empty) {
    const { items, error } = this;
    if (error && !items) return html`<div class="blank" role="alert"><h2>${t(error.status === 403 ? "forbidden.title" : "page.failed")}</h2><p>${error.message}</p><button class="button" @click=${() => this.load()}>${t("again")}</button></div>`;
    if (!items) return html`<p class="muted" aria-busy="true">${t("loading")}</p>`;
    if (items.length === 0) return html`<div class="blank"><p>${empty}</p></div>`;
    return html`<div class="scroll" role="group" tabindex="0" aria-label=${t("list")}><table class="list"><thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${repeat(items, ({ id }) => id, row)}</tbody></table></div>`;
  }
}

const form = { errors: new Map(), problem: null, isBusy: false };

/**
 * Shows a form in a dialog. Each field: `name`, `label`, and what kind of control; `perform` gets the values by name.
 */
export function edit({ title, fields, action, perform, note }) {
  Object.assign(form, { errors: new Map(), problem: null, isBusy: false });
  const submit = async (event) => {
    event.preventDefault();
    if (form.isBusy) return;
    const { elements } = event.target;
    const values = {};
    for (const field of fields) {
      const control = elements[field.name];
      if (field.kind === "checks") values[field.name] = [...event.target.querySelectorAll(`[name=${field.name}]:checked`)].map(({ value }) => value);
      else values[field.name] = field.kind === "check" ? control.checked : control.value;
    }
    Object.assign(form, { isBusy: true, problem: null, errors: new Map() });
    refresh();
    try {
      const done = await perform(values);
      dialog.close();
      if (typeof done === "function") done();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      form.problem = error;
      if (error instanceof Problem) form.errors = error.fields;
    }
    form.isBusy = false;
    refresh();
  };
  dialog.show({
    title,
    body: () => html`
      <form class="stack" novalidate @submit=${submit}>
        ${form.problem && ![...form.errors.keys()].some((name) => fields.some((field) => field.name === name)) ? html`<p class="problem" role="alert">${form.problem.message}</p>` : nothing}
        ${fields.map((field, index) => control(field, index === 0))}
        ${note ? html`<p class="muted">${note}</p>` : nothing}
        <footer><button type="button" class="button quiet" @click=${dialog.close}>${t("cancel")}</button>
          <button class="button" aria-disabled=${form.isBusy}>${form.isBusy ? t("busy") : action}</button></footer>
      </form>`,
  });
}

function control({ name, label, kind = "text", value = "", options = [], help, autocomplete = "off" }, isFirst) {
  const error = form.errors.get(name), invalid = error ? "true" : nothing, described = `error-${name}`;
  const below = html`${help ? html`<span class="muted small">${help}</span>` : nothing}<span class="error" id=${described} ?hidden=${!error}>${error}</span>`;
  if (kind === "check") return html`<label class="check"><input type="checkbox" name=${name} ?checked=${value}> ${label}</label>`;
  if (kind === "checks") return html`<fieldset><legend>${label}</legend>${options.map(([option, text]) => html`<label class="check"><input type="checkbox" name=${name} value=${option} ?checked=${value.includes(option)}> ${text}</label>`)}${below}</fieldset>`;
  if (kind === "select") return html`<label>${label}<select name=${name} aria-invalid=${invalid} aria-describedby=${described}>${options.map(([option, text]) => html`<option value=${option} ?selected=${option === value}>${text}</option>`)}</select>${below}</label>`;
  if (kind === "lines") return html`<label>${label}<textarea name=${name} rows="3" aria-invalid=${invalid} aria-describedby=${described}>${value}</textarea>${below}</label>`;
  return html`<label>${label}<input name=${name} type=${kind} value=${value} autocomplete=${autocomplete} ?autofocus=${isFirst} aria-invalid=${invalid} aria-describedby=${described}>${below}</label>`;
}

/** Something that is shown once and never again. */
export const showSecret = (title, secret, text) => dialog.show({
  title,
  body: () => html`<p>${text}</p>
    <p class="secret"><code id="secret">${secret}</code></p>
    <footer>
      <button class="button secondary" @click=${async () => {
        try {
          await navigator.clipboard.writeText(secret);
          tell(t("copied"));
        } catch {
          getSelection().selectAllChildren(document.getElementById("secret"));
        }
      }}>${t("copy")}</button>
      <button class="button" @click=${dialog.close}>${t("secret.kept")}</button></footer>`,
});

/** Does something, and tells what came of it. */
export async function attempt(act, done) {
  try {
    const answer = await act();
    if (done) tell(done);
    return answer;
  } catch (error) {
    tell(error.message, { kind: "bad" });
    return null;
  }
}

export const page = (title, lead, action, body) => html`
  <main class="admin" id="main" tabindex="-1">
    <header class="page-head"><div><h1 tabindex="-1">${title}</h1><p class="muted">${lead}</p></div>${action}</header>
    ${body}
  </main>`;
