// The keyboard: what a view's keys do, told in a dialog. Keys do nothing while somebody writes, but for Escape and Ctrl+Enter.

import { html, nothing } from "./lit.js";
import * as dialog from "./dialog.js";
import { t } from "./page.js";

/** Of every view, and of the one that is shown. Each: keys, what they do in words, the act; keys of two letters are typed one after the other. */
let general = [], own = [];
let first = null, forgetting;

export function everywhere(bindings) {
  general = bindings;
}

export function bind(bindings) {
  own = bindings;
}

const isWriting = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.metaKey || event.isComposing) return;
  const { key, target } = event;
  if (key === "Enter" && event.ctrlKey) {
    const form = target.closest?.("form");
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (event.ctrlKey) return;
  if (key === "Escape" && isWriting(target) && !dialog.isOpen()) {
    target.blur();
    event.preventDefault();
    return;
  }
  if (isWriting(target) || dialog.isOpen()) return;
  // What a button or a link does with these keys is theirs.
  if ((key === "Enter" || key === " ") && target.closest?.("a, button, summary, [role=tab]")) return;
  const typed = first ? `${first} ${key}` : key;
  clearTimeout(forgetting);
  first = null;
  const all = [...own, ...general];
  const found = all.find(({ keys }) => keys.includes(typed));
  if (found) {
    event.preventDefault();
    found.run(event);
  } else if (all.some(({ keys }) => keys.some((name) => name.startsWith(`${typed} `)))) {
    first = typed;
    forgetting = setTimeout(() => (first = null), 1_500);
  }
});

const NAMES = { ArrowDown: "↓", ArrowUp: "↑", Enter: "↵", Escape: "Esc", " ": "␣" };
const shown = (name) => name.split(" ").filter(Boolean).map((key) => html`<kbd>${NAMES[key] ?? key}</kbd>`);

const list = (title, bindings) => bindings.length === 0 ? nothing : html`
  <h3>${title}</h3>
  <dl class="keys">${bindings.filter(({ text }) => text).map(({ keys, text }) => html`
    <div><dt>${text}</dt><dd>${keys.map((name, index) => html`${index ? html`<span class="or">${t("keys.or")}</span>` : nothing}${name === " " ? html`<kbd>␣</kbd>` : shown(name)}`)}</dd></div>`)}</dl>`;

export const help = () => dialog.show({
  title: t("keys.title"),
  body: () => html`${list(t("keys.here"), own)}${list(t("keys.everywhere"), general)}
    <p class="muted">${t("keys.writing")}</p>`,
});
