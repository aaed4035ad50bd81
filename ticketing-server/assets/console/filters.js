// Which tickets a queue shows: filters, what is searched for, and views that somebody has kept.

import { html, nothing } from "./lit.js";
import { areas, priorities } from "./act.js";
import * as dialog from "./dialog.js";
import { priorityName } from "./history.js";
import { t } from "./page.js";
import { afterwards, refresh } from "./paint.js";
import { session } from "./session.js";
import { ANY, choose, filter } from "./tickets.js";

const narrow = matchMedia("(max-width: 760px)");

/** Views that everybody has. */
const OFFERED = [
  ["open", { estado: "abiertos" }],
  ["mine", { estado: "abiertos", agente: "yo", orden: "plazo" }],
  ["nobody", { estado: "abiertos", agente: "nadie" }],
  ["urgent", { estado: "abiertos", orden: "plazo" }],
  ["overdue", { estado: "abiertos", plazo: "vencidos", orden: "plazo" }],
  ["all", { archivados: "si" }],
];

/** Views of one's own lie in this browser, by who is logged in. */
const key = () => `ticketing.console.views.${session.user.id}`;
const own = () => {
  try {
    return JSON.parse(localStorage.getItem(key())) ?? [];
  } catch {
    return [];
  }
};
const keep = (views) => {
  localStorage.setItem(key(), JSON.stringify(views));
  refresh();
};

const is = (wanted) => Object.entries({ ...ANY, ...wanted }).every(([name, value]) => filter[name] === value);
export const pick = (wanted) => choose({ ...ANY, ...wanted });
export const pickOffered = (at) => OFFERED[at] && pick(OFFERED[at][1]);

function save() {
  dialog.show({
    title: t("views.save"),
    body: () => html`
      <form class="stack" @submit=${(event) => {
        event.preventDefault();
        const name = event.target.elements.name.value.trim();
        if (!name) return;
        keep([...own().filter((view) => view.name !== name), { name, filter: { ...filter } }]);
        dialog.close();
      }}>
        <label>${t("views.name")}<input name="name" required maxlength="40" autofocus></label>
        <p class="muted">${t("views.where")}</p>
        <footer><button type="button" class="button quiet" @click=${dialog.close}>${t("cancel")}</button><button class="button">${t("save")}</button></footer>
      </form>`,
  });
}

export const views = () => html`
  <nav class="views" aria-label=${t("views.title")}>
    ${OFFERED.map(([name, wanted]) => html`<button class="view" aria-pressed=${is(wanted)} @click=${() => pick(wanted)}>${t(`view.${name}`)}</button>`)}
    ${own().map((view) => html`<span class="view-own"><button class="view" aria-pressed=${is(view.filter)} @click=${() => pick(view.filter)}>${view.name}</button><button class="icon" aria-label=${t("views.forget", { name: view.name })} @click=${() => keep(own().filter(({ name }) => name !== view.name))}>×</button></span>`)}
    ${![...OFFERED.map(([, wanted]) => wanted), ...own().map((view) => view.filter)].some(is) ? html`<button class="view add" @click=${save}>+ ${t("views.save")}</button>` : nothing}
  </nav>`;

let typing;
const search = (event) => {
  clearTimeout(typing);
  const q = event.target.value.trim();
  typing = setTimeout(() => q !== filter.q && choose({ q }), event.type === "change" ? 0 : 300);
};

/** At once: whoever types on means the field, not the queue's keys. And again once all is drawn, which may have moved the focus to a row. */
export function focusSearch() {
  const field = () => document.getElementById("search");
  field()?.select();
  afterwards(() => field()?.focus());
}

/** Where there is no room for a name beside it, a filter that is not set says what it is. */
const any = (name) => t(narrow.matches ? "any" : `filter.${name}`);

const select = (name, list) => html`
  <label class="filter"><span>${t(`filter.${name}`)}</span>
    <select aria-label=${t(`filter.${name}`)} @change=${(event) => choose({ [name]: event.target.value })}>
      ${list.map(([value, text]) => html`<option value=${value} ?selected=${filter[name] === value} .selected=${filter[name] === value}>${text}</option>`)}
    </select></label>`;

const STATUSES = ["ABIERTO", "EN_PROCESO", "PAUSADO", "RESUELTO", "CERRADO", "CANCELADO"];

export const filters = () => html`
  ${views()}
  <form class="filters" role="search" @submit=${(event) => event.preventDefault()}>
    <label class="search"><span class="visually-hidden">${t("search")}</span>
      <input id="search" type="search" placeholder=${t("search.hint")} .value=${filter.q} @input=${search} @change=${search}></label>
    <details class="more" ?open=${!narrow.matches}><summary>${t("filters")}</summary><div class="fields">
      ${select("estado", [["abiertos", t("estado.abiertos")], ["", any("estado")], ...STATUSES.map((name) => [name, t(`estado.${name}`)])])}
      ${select("prioridad", [["", any("prioridad")], ...priorities().map((name) => [name, priorityName(name)])])}
      ${session.user.rol === "AREA" ? nothing : select("area", [["", any("area")], ...areas().map((name) => [name, name])])}
      ${select("agente", [["", any("agente")], ["yo", t("filter.agente.yo")], ["nadie", t("nobody")]])}
      ${select("plazo", [["", any("plazo")], ...["1h", "4h", "hoy", "vencidos"].map((name) => [name, t(`filter.plazo.${name}`)])])}
      ${select("archivados", [["no", t("filter.archivados.no")], ["si", t("filter.archivados.si")], ["solo", t("filter.archivados.solo")]])}
      ${select("orden", [["nuevos", t("filter.orden.nuevos")], ["plazo", t("filter.orden.plazo")], ["cambios", t("filter.orden.cambios")]])}
    </div></details>
  </form>`;
