// What the page tells in passing: seen in a corner, and said to those who do not see it.

import { html, nothing, repeat } from "./lit.js";
import { t } from "./page.js";
import { refresh } from "./paint.js";

const shown = [];
let spoken = "", next = 0;

/** Tells something for some seconds; what went wrong stays until it is put away. */
export function tell(text, { kind = "good", action } = {}) {
  const notice = { id: (next += 1), text, kind, action };
  shown.push(notice);
  if (shown.length > 4) shown.shift();
  spoken = text;
  if (kind !== "bad") setTimeout(() => forget(notice), 6_000);
  refresh();
}

/** Says something without showing it. */
export function say(text) {
  spoken = text;
  refresh();
}

function forget(notice) {
  const at = shown.indexOf(notice);
  if (at >= 0) shown.splice(at, 1);
  refresh();
}

export const notices = () => html`
  <p class="visually-hidden" role="status">${spoken}</p>
  <div class="notices" ?hidden=${shown.length === 0}>
    ${repeat(shown, ({ id }) => id, (notice) => html`
      <div class="toast ${notice.kind}">
        <span>${notice.text}</span>
        ${notice.action ? html`<button class="button small" @click=${() => { forget(notice); notice.action.run(); }}>${notice.action.label}</button>` : nothing}
        <button class="icon" aria-label=${t("close")} @click=${() => forget(notice)}>×</button>
      </div>`)}
  </div>`;
