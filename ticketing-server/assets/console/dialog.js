// A dialog in front of the page: the browser's own, which keeps the focus in it, gives it back, and closes on Escape.

import { html, nothing, ref } from "./lit.js";
import { t } from "./page.js";
import { afterwards, refresh } from "./paint.js";

let open = null;

/** Shows a dialog. `body` draws what is in it each time; `onClose` is told when it is put away. */
export function show({ title, body, onClose, wide = false }) {
  open = { title, body, onClose, wide };
  afterwards(() => {
    const element = document.querySelector("dialog.modal");
    if (element && !element.open) element.showModal();
    element?.querySelector("[autofocus], textarea, input, select")?.focus();
  });
}

export function close() {
  const closed = open;
  open = null;
  document.querySelector("dialog.modal")?.close();
  closed?.onClose?.();
  refresh();
}

export const isOpen = () => open !== null;

export const dialog = () => open === null ? nothing : html`
  <dialog class="modal ${open.wide ? "wide" : ""}" aria-labelledby="dialog-title" @cancel=${(event) => { event.preventDefault(); close(); }}
    ${ref((element) => element && !element.open && queueMicrotask(() => element.isConnected && !element.open && element.showModal()))}>
    <header><h2 id="dialog-title">${open.title}</h2>
      <button class="icon" aria-label=${t("close")} @click=${close}>×</button></header>
    ${open.body()}
  </dialog>`;

/** Asks before something that cannot be undone. */
export const confirm = (title, text, label, run) => show({
  title,
  body: () => html`
    <p>${text}</p>
    <footer>
      <button class="button quiet" @click=${close}>${t("cancel")}</button>
      <button class="button bad" autofocus @click=${() => { close(); run(); }}>${label}</button>
    </footer>`,
});
