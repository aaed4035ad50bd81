// What a ticket is marked with wherever it is shown: its status, its priority, what remains of its time.

import { html, nothing } from "./lit.js";
import { remaining } from "./core.js";
import { priorityName } from "./history.js";
import { duration, instant, t } from "./page.js";

export const due = (row, now) => {
  const left = remaining(row, now);
  if (left === null) return html`<span class="muted">–</span>`;
  const isOver = left < 0 || row.vencido;
  const share = row.concedido_ms ? left / row.concedido_ms : 1;
  const kind = isOver ? "bad" : !row.corre ? "still" : share < 0.2 ? "warn" : "";
  return html`<span class="due ${kind}" title=${t(row.corre ? "due.at" : "due.still", { at: instant(row.vence) })}>${isOver ? "−" : ""}${duration(left)}${row.corre ? nothing : html`<span class="visually-hidden"> ${t("due.stands")}</span>`}</span>`;
};

export const status = (row) => html`<span class="status s-${row.archivado ? "ARCHIVADO" : row.estado}">${t(`estado.${row.archivado ? "ARCHIVADO" : row.estado}`)}</span>`;
export const priorityMark = (name, known) => name ? html`<span class="priority p-${known ?? "OTRA"}">${priorityName(name)}</span>` : html`<span class="muted">–</span>`;
