// The queue: what waits, with what it waits for. Only the rows on the screen exist; the rest is a height.

import { html, nothing, ref, repeat } from "./lit.js";
import * as act from "./act.js";
import { allowedActions } from "./core.js";
import * as dialog from "./dialog.js";
import { filters, focusSearch } from "./filters.js";
import * as keys from "./keys.js";
import { due, priorityMark, status } from "./marks.js";
import { say } from "./notice.js";
import { count, instant, number, shortly, t } from "./page.js";
import { afterwards, refresh } from "./paint.js";
import { session } from "./session.js";
import { ANY, bulkActions, choose, doToAll, filter, find, loadMore, queue, readAgain, retry, sees } from "./tickets.js";

const narrow = matchMedia("(max-width: 760px)"), wall = matchMedia("(min-width: 1900px)");
for (const query of [narrow, wall]) query.addEventListener("change", refresh);
/** As the style has it. */
const rowHeight = () => (narrow.matches ? 92 : wall.matches ? 50 : 44);
const SPARE = 6;
const headHeight = () => scroller.querySelector(".head").offsetHeight;

/** What is on the screen: a screenful, until it is known how large that is. */
let scroller = null, first = 0, last = 30, top = 0;

/** Shows the queue; where its address says which tickets, those. */
export function enter(wanted) {
  const asked = [...wanted].filter(([name]) => name in ANY);
  if (asked.length > 0) {
    history.replaceState(null, "", "#/");
    choose({ ...ANY, ...Object.fromEntries(asked) });
  } else if (queue.total === 0 && queue.isOver && !queue.isLoading) choose({});
  keys.bind(bindings);
  sees((uuid) => {
    for (let at = first; at < last; at += 1) if (queue.shown[at]?.uuid === uuid) return true;
    return false;
  });
  afterwards(() => {
    if (scroller) scroller.scrollTop = top;
    focusActive();
  });
}

const bindings = [
  { keys: ["j", "ArrowDown"], text: t("keys.next"), run: () => move(1) },
  { keys: ["k", "ArrowUp"], text: t("keys.previous"), run: () => move(-1) },
  { keys: ["Home"], run: () => moveTo(0) },
  { keys: ["End"], run: () => moveTo(queue.shown.length - 1) },
  { keys: ["PageDown"], run: () => move(10) },
  { keys: ["PageUp"], run: () => move(-10) },
  { keys: ["Enter", "o"], text: t("keys.open"), run: () => queue.active && open(queue.active) },
  { keys: ["x", " "], text: t("keys.select"), run: () => queue.active && toggle(queue.active) },
  { keys: ["*"], text: t("keys.select.all"), run: selectAll },
  { keys: ["/"], text: t("keys.search"), run: focusSearch },
  { keys: ["a"], text: t("action.asignar"), run: () => ofActive("asignar") },
  { keys: ["p"], text: t("action.pausar"), run: () => ofActive("pausar") },
  { keys: ["r"], text: t("keys.reload"), run: () => choose({}) },
  { keys: ["Escape"], text: t("keys.unselect"), run: () => { queue.selected.clear(); refresh(); } },
];

const open = (uuid) => (location.hash = `#/tickets/${uuid}`);

function move(by) {
  const at = queue.shown.findIndex(({ uuid }) => uuid === queue.active);
  moveTo(at < 0 ? 0 : at + by);
}

function moveTo(at) {
  const row = queue.shown[Math.max(0, Math.min(queue.shown.length - 1, at))];
  if (!row) return;
  queue.active = row.uuid;
  const index = queue.shown.indexOf(row), height = rowHeight();
  if (scroller) {
    const from = index * height, until = from + height + headHeight();
    if (from < scroller.scrollTop) scroller.scrollTop = from;
    else if (until > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = until - scroller.clientHeight;
    look();
  }
  afterwards(focusActive);
}

const focusActive = () => scroller?.querySelector("[role=row][tabindex='0']")?.focus({ preventScroll: true });

function toggle(uuid) {
  if (!queue.selected.delete(uuid)) queue.selected.add(uuid);
  say(count("selected", queue.selected.size));
  refresh();
}

function selectAll() {
  const all = queue.shown.every(({ uuid }) => queue.selected.has(uuid));
  queue.selected.clear();
  if (!all) for (const { uuid } of queue.shown) queue.selected.add(uuid);
  say(count("selected", queue.selected.size));
  refresh();
}

/** Does something to the tickets that are selected, or to the one that the keyboard is at. */
function ofActive(action) {
  if (queue.selected.size > 0) return startBulk(action);
  const row = find(queue.active);
  if (!row || !allowedActions(row).includes(action)) return say(t("not.allowed"));
  act.showAction(action, {
    ticket: row,
    values: action === "asignar" ? { agenteId: session.user.id } : {},
    async perform(body, etag, key) {
      await act.doTo(row, action, body, etag, key);
      act.told(action, 1);
    },
  });
}

function startBulk(action) {
  const rows = [...queue.selected].map(find).filter(Boolean);
  const takes = rows.filter((row) => allowedActions(row).includes(action)).length;
  act.showAction(action, {
    title: `${t(`action.${action}`)} · ${count("tickets", takes)}`,
    async perform(body) {
      const { done, refused } = await doToAll(action, body, (at, of) => say(t("bulk.progress", { at, of })));
      if (done > 0) act.told(action, done);
      if (refused.length > 0) setTimeout(showRefused, 0, refused);
    },
  });
}

const showRefused = (refused) => dialog.show({
  title: count("bulk.refused", refused.length),
  body: () => html`<ul class="plain">${refused.slice(0, 100).map(({ label, why }) => html`<li><strong>${label}</strong> ${why}</li>`)}</ul>
    <footer><button class="button" @click=${dialog.close}>${t("close")}</button></footer>`,
});

/** Which rows are on the screen. */
function look() {
  if (!scroller) return;
  top = scroller.scrollTop;
  const height = rowHeight();
  const from = Math.max(0, Math.floor(top / height) - SPARE);
  const until = Math.ceil((top + scroller.clientHeight) / height) + SPARE;
  if (until > queue.shown.length - 12) loadMore();
  if (from === first && until === last) return;
  [first, last] = [from, until];
  readAgain();
  refresh();
}

const watch = (element) => {
  if (element === scroller) return;
  scroller = element ?? null;
  if (scroller) {
    new ResizeObserver(look).observe(scroller);
    queueMicrotask(look);
  }
};
/** What is positioned by script: the page's policy lets no style stand in its markup, and this is none. */
const size = (height) => (element) => element && (element.style.height = `${height}px`);
const place = (y) => (element) => element && (element.style.transform = `translateY(${y}px)`);

/** Meant for the row itself: not for what stands in it, nor the end of a text that somebody has marked. */
const isPlainClick = ({ target, button, ctrlKey, metaKey, shiftKey, altKey }) =>
  button === 0 && !ctrlKey && !metaKey && !shiftKey && !altKey && !target.closest("a, .c-select") && getSelection().isCollapsed;

function row(ticket, index, now) {
  const { uuid } = ticket, isSelected = queue.selected.has(uuid);
  const isActive = queue.active === uuid || (queue.active === null && index === 0);
  const touched = now - (queue.touched.get(uuid) ?? 0) < 2_000;
  return html`
    <div role="row" class="ticket-row ${isSelected ? "selected" : ""} ${touched ? "touched" : ""} ${ticket.vencido ? "overdue" : ""}" aria-rowindex=${index + 2} aria-selected=${isSelected} tabindex=${isActive ? 0 : -1}
      @focus=${() => { if (queue.active !== uuid) { queue.active = uuid; refresh(); } }} @click=${(event) => isPlainClick(event) && open(uuid)}>
      <span role="gridcell" class="c-select"><input type="checkbox" tabindex="-1" aria-label=${t("select.one", { label: ticket.label })} .checked=${isSelected} @click=${(event) => { event.stopPropagation(); toggle(uuid); }}></span>
      <span role="gridcell" class="c-label">${ticket.label}</span>
      <span role="gridcell" class="c-subject"><a href="#/tickets/${uuid}" tabindex="-1">${ticket.asunto ?? t("ticket.unnamed")}</a> <span class="muted who">${ticket.solicitante}</span></span>
      <span role="gridcell" class="c-status">${status(ticket)}</span>
      <span role="gridcell" class="c-priority">${priorityMark(ticket.prioridad, ticket.prioridad_nom)}</span>
      <span role="gridcell" class="c-area">${ticket.area}</span>
      <span role="gridcell" class="c-agent">${ticket.agente_nombre ?? html`<span class="muted">${t("nobody")}</span>`}</span>
      <span role="gridcell" class="c-due">${due(ticket, now)}</span>
      <span role="gridcell" class="c-when"><time datetime=${ticket.actualizado_en} title=${instant(ticket.actualizado_en)}>${shortly(ticket.actualizado_en)}</time></span>
    </div>`;
}

function bulkBar() {
  if (queue.selected.size === 0) return nothing;
  const order = ["asignar", "transferir", "reclasificar", "actualizar", "pausar", "reabrir", "cancelar", "archivar", "desarchivar"];
  const every = bulkActions();
  return html`
    <div class="bulk" role="toolbar" aria-label=${t("bulk.title")}>
      <strong>${count("selected", queue.selected.size)}</strong>
      ${order.filter((action) => every.has(action)).map((action) => html`
        <button class="button small secondary" @click=${() => startBulk(action)}>${t(`action.${action}`)}${every.get(action) < queue.selected.size ? html` <span class="count">${every.get(action)}</span>` : nothing}</button>`)}
      <button class="button small quiet" @click=${() => { queue.selected.clear(); refresh(); }}>${t("bulk.none")}</button>
    </div>`;
}

const DONE = html`<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="9"></circle><path d="m8 12.3 2.8 2.8L16 9.6"></path></svg>`;
const NOTHING = html`<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="10.5" cy="10.5" r="6.5"></circle><path d="m15.4 15.4 5 5M8 10.5h5"></path></svg>`;

const empty = () => queue.error
  ? html`<div class="blank" role="alert"><h2>${t("queue.failed")}</h2><p>${queue.error.message}</p><button class="button" @click=${retry}>${t("again")}</button></div>`
  : queue.isLoading
    ? html`<div class="blank"><p class="muted">${t("loading")}</p></div>`
    : html`<div class="blank">${isPlain() ? DONE : NOTHING}<h2>${t(isPlain() ? "queue.empty" : "queue.nothing")}</h2><p class="muted">${t(isPlain() ? "queue.empty.text" : "queue.nothing.text")}</p>
        ${isPlain() ? nothing : html`<button class="button secondary" @click=${() => choose({ estado: "abiertos", prioridad: "", area: "", agente: "", plazo: "", q: "", archivados: "no" })}>${t("queue.clear")}</button>`}</div>`;

const isPlain = () => filter.estado === "abiertos" && !filter.prioridad && !filter.area && !filter.agente && !filter.plazo && !filter.q;

export function queueView() {
  const now = Date.now(), height = rowHeight(), { shown } = queue;
  const until = Math.min(last, shown.length), from = Math.min(first, until);
  const rows = shown.slice(from, until);
  const known = queue.total === null || filter.agente || filter.plazo ? shown.length : queue.total;
  return html`
    <main class="queue" id="main" tabindex="-1">
      <h1 class="visually-hidden">${t("queue.title")}</h1>
      ${filters()}
      ${bulkBar()}
      <div class="grid" role="grid" aria-label=${t("queue.title")} aria-multiselectable="true" aria-rowcount=${known + 1} aria-busy=${queue.isLoading}>
        <div role="presentation" class="scroller" ${ref(watch)} @scroll=${look}>
          <div role="rowgroup" class="head"><div role="row" aria-rowindex="1">
            ${["select", "label", "subject", "status", "priority", "area", "agent", "due", "when"].map((name) => html`<span role="columnheader" class="c-${name}">${name === "select" ? html`<span class="visually-hidden">${t("column.select")}</span>` : t(`column.${name}`)}</span>`)}
          </div></div>
          <div role="rowgroup" class="height" ${ref(size(shown.length * height))}><div role="presentation" class="window" ${ref(place(from * height))}>
            ${repeat(rows, ({ uuid }) => uuid, (ticket, index) => row(ticket, from + index, now))}
          </div></div>
        </div>
      </div>
      ${shown.length === 0 ? empty() : nothing}
      <p class="foot muted">${queue.isLoading ? t("loading") : nothing} ${t("queue.count", { n: number(shown.length), of: number(known) })}
        ${queue.error && shown.length > 0 ? html`<span class="problem">${queue.error.message} <button class="link" @click=${retry}>${t("again")}</button></span>` : nothing}</p>
    </main>`;
}
