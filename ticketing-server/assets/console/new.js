// A ticket that somebody at the desk creates for somebody else: the form's fields, limits and words are the core's.

import "./texts-later.js";
import { html, nothing } from "./lit.js";
import { send } from "./api.js";
import { areas, priorities } from "./act.js";
import { ticketValidator } from "./core.js";
import { instant, service, t } from "./page.js";
import { afterwards, refresh } from "./paint.js";
import { tell } from "./notice.js";

const form = { validator: null, isLoading: true, values: {}, errors: new Map(), problem: null, isBusy: false, key: null };

export async function enter() {
  form.isLoading = !form.validator;
  form.validator = await ticketValidator();
  form.isLoading = false;
  afterwards(() => document.querySelector("main h1")?.focus());
}

function take(event) {
  const { name, type, checked, value } = event.target;
  form.values[name] = type === "checkbox" ? checked : value;
  // Another request than the one before.
  form.key = null;
  if (form.errors.has(name)) check(name);
  refresh();
}

function check(name) {
  const issue = form.validator.validateField(name, form.values[name]);
  if (issue) form.errors.set(name, issue.message);
  else form.errors.delete(name);
}

function left(event) {
  const { name, value } = event.target;
  if (value || form.errors.has(name)) check(name);
  refresh();
}

async function submit(event) {
  event.preventDefault();
  if (form.isBusy) return;
  const verdict = form.validator.validate(form.values);
  form.errors = new Map((verdict.issues ?? []).map(({ field, message }) => [field, message]));
  form.problem = null;
  if (!verdict.ok) {
    refresh();
    return afterwards(() => document.querySelector("[aria-invalid=true]")?.focus());
  }
  form.isBusy = true;
  form.key ??= crypto.randomUUID();
  refresh();
  try {
    const { body } = await send("POST", "api/tickets/crear", verdict.ticket, { key: form.key });
    Object.assign(form, { values: {}, errors: new Map(), key: null });
    tell(t("new.done", { label: body.ticketLabel }));
    location.hash = `#/tickets/${body.ticketUuid}`;
  } catch (error) {
    form.problem = error;
    form.errors = error.fields ?? new Map();
  }
  form.isBusy = false;
  refresh();
}

function control({ name, kind, required, label, help, max, options }) {
  const error = form.errors.get(name), value = form.values[name] ?? "";
  const invalid = error ? "true" : nothing, described = `error-${name}`;
  if (kind === "flag") return html`<label class="check"><input type="checkbox" name=${name} .checked=${Boolean(value)} @change=${take}> ${label}</label>`;
  const known = name === "prioridad" ? priorities() : name === "areaAsignada" ? areas() : options ?? [];
  const input = kind === "choice" || name === "prioridad"
    ? html`<select name=${name} aria-required=${required} aria-invalid=${invalid} aria-describedby=${described} @change=${take}><option value="">${t("choose")}</option>${known.map((option) => html`<option value=${option} ?selected=${option === value}>${name === "tipo" ? t(`tipo.${option}`) : t(`prioridad.${option}`)}</option>`)}</select>`
    : kind === "lines"
      ? html`<textarea name=${name} rows="6" aria-required=${required} aria-invalid=${invalid} aria-describedby=${described} .value=${value} @input=${take}></textarea>`
      : html`<input name=${name} type=${kind === "email" ? "email" : "text"} maxlength=${max ?? nothing} list=${known.length ? `list-${name}` : nothing} autocomplete="off" aria-required=${required} aria-invalid=${invalid} aria-describedby=${described} .value=${value} @input=${take}>${known.length ? html`<datalist id="list-${name}">${known.map((option) => html`<option value=${option}></option>`)}</datalist>` : nothing}`;
  return html`<label class=${kind === "lines" ? "whole" : ""}><span>${label}${required ? nothing : html` <span class="muted">${t("optional")}</span>`}</span>
    ${input}<span class="muted small" ?hidden=${Boolean(error) || !help}>${help}</span><span class="error" id=${described} ?hidden=${!error}>${error}</span></label>`;
}

export function view() {
  const { validator, values } = form;
  if (form.isLoading) return html`<main class="blank" id="main" aria-busy="true"><p class="muted">${t("loading")}</p></main>`;
  if (!validator) return html`<main class="blank" id="main"><h1 tabindex="-1">${t("nav.nuevo")}</h1><p>${t("new.elsewhere")}</p><a class="button" href=${service("solicitud")}>${t("new.public")}</a></main>`;
  const promised = values.tipo && values.prioridad ? validator.sla(values) : null;
  return html`
    <main class="admin narrow" id="main" tabindex="-1">
      <header class="page-head"><div><h1 tabindex="-1">${t("nav.nuevo")}</h1><p class="muted">${t("new.lead")}</p></div></header>
      <form class="card form" novalidate @submit=${submit} @focusout=${left}>
        ${form.problem && form.errors.size === 0 ? html`<p class="problem" role="alert">${form.problem.message}</p>` : nothing}
        ${validator.fields().map(control)}
        ${promised?.fechaLimiteSla ? html`<p class="whole promise">${t("new.promise", { at: instant(promised.fechaLimiteSla) })}</p>` : nothing}
        <footer class="whole"><a class="button quiet" href="#/">${t("cancel")}</a><button class="button" aria-disabled=${form.isBusy}>${form.isBusy ? t("busy") : t("new.go")}</button></footer>
      </form>
    </main>`;
}
