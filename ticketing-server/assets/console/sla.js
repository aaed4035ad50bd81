// A ticket's service levels as a picture: the time that was counted, the time that was skipped and why, and what lies ahead.

import { html, nothing, svg } from "./lit.js";
import { ahead, isReady } from "./core.js";
import { count, hours, instant, t } from "./page.js";

const WIDTH = 1_000, HEIGHT = 30;

/** Intervals that are next to each other and alike, as one. */
function united(intervals) {
  const all = [];
  for (const interval of intervals) {
    const before = all.at(-1);
    if (before && before.why === interval.why && before.until === interval.from) before.until = interval.until;
    else all.push({ ...interval });
  }
  return all;
}

const REASONS = { working: "LABORAL", "outside-hours": "FUERA_DE_HORARIO", "closed-date": "FECHA_CERRADA" };

/** What was made of a reading: a page is drawn each second, and a reading stays what it is. */
const made = new WeakMap();

function intervals(target, readAt) {
  if (!made.has(target)) {
    const all = allOf(target, readAt);
    // Until the core is there, nothing is known of what lies ahead.
    if (!isReady()) return all;
    made.set(target, all);
  }
  return made.get(target);
}

/** All of a clock's time, from its start to its deadline or to where it was read, whatever is later. */
function allOf(target, readAt) {
  const past = target.intervalos.map(({ desde, hasta, cuenta, motivo, fecha }) => ({ from: Date.parse(desde), until: Date.parse(hasta), counts: cuenta, why: motivo, date: fecha, isAhead: false }));
  const future = !["EN_CURSO", "EN_PAUSA"].includes(target.estado) || target.fijado_a_mano ? [] : ahead(target.calendario?.nombre, target.restante_ms, readAt).map(({ from, until, counted, reason, date }) => ({
    from: Date.parse(from), until: Date.parse(until), counts: counted, why: REASONS[reason], date, isAhead: true,
  }));
  // What was counted after the deadline is another thing to look at than what was counted before.
  const due = target.vence ? Date.parse(target.vence) : Infinity;
  return [...past, ...future].flatMap((interval) => interval.counts && interval.from < due && due < interval.until
    ? [{ ...interval, until: due }, { ...interval, from: due, isLate: true }]
    : [{ ...interval, isLate: interval.counts && interval.from >= due }]);
}

function picture(target, readAt) {
  const all = intervals(target, readAt);
  const begin = Date.parse(target.inicio), due = target.vence ? Date.parse(target.vence) : null;
  const end = Math.max(due ?? 0, all.at(-1)?.until ?? begin, begin + 60_000);
  const x = (at) => ((Math.min(end, Math.max(begin, at)) - begin) / (end - begin)) * WIDTH;
  const bars = united(all.map((interval) => ({ ...interval, why: `${interval.why} ${interval.isAhead} ${interval.isLate} ${interval.date ?? ""}` })));
  const described = t("sla.described", {
    target: t(`sla.${target.objetivo}`), state: t(`sla.state.${target.estado}`), elapsed: hours(target.transcurrido_ms),
    granted: target.concedido_ms === null ? "–" : hours(target.concedido_ms), due: instant(target.vence),
  });
  return html`
    <svg class="clock" viewBox="0 0 ${WIDTH} ${HEIGHT + 12}" preserveAspectRatio="none" role="img" aria-label=${described}>
      <rect class="track" x="0" y="6" width=${WIDTH} height=${HEIGHT} rx="4"></rect>
      ${bars.map(({ from, until, counts, why, isAhead, isLate }) => svg`<rect class="${counts ? "counted" : "skipped"} ${why.split(" ")[0]} ${isAhead ? "ahead" : ""} ${isLate ? "late" : ""}" x=${x(from)} y=${counts ? 6 : 14} width=${Math.max(1.5, x(until) - x(from))} height=${counts ? HEIGHT : HEIGHT - 16}><title>${t(`sla.why.${why.split(" ")[0]}`)} · ${instant(from)} – ${instant(until)}</title></rect>`)}
      ${target.umbrales.filter(({ momento, porcentaje }) => momento && porcentaje < 100).map(({ momento }) => svg`<line class="share" x1=${x(Date.parse(momento))} x2=${x(Date.parse(momento))} y1="2" y2=${HEIGHT + 10}></line>`)}
      ${due === null ? nothing : svg`<line class="deadline" x1=${x(due)} x2=${x(due)} y1="0" y2=${HEIGHT + 12}></line>`}
      ${target.estado === "EN_CURSO" || target.estado === "EN_PAUSA" ? svg`<line class="now" x1=${x(readAt)} x2=${x(readAt)} y1="0" y2=${HEIGHT + 12}></line>` : nothing}
    </svg>
    <p class="ends"><span>${instant(target.inicio)}</span><span>${due === null ? nothing : html`${t("sla.due")} ${instant(due)}`}</span></p>
    <details><summary>${count("sla.intervals", all.length)}</summary>
      <table class="plain"><thead><tr><th scope="col">${t("sla.from")}</th><th scope="col">${t("sla.until")}</th><th scope="col">${t("sla.what")}</th></tr></thead>
        <tbody>${all.slice(0, 200).map(({ from, until, counts, why, date, isAhead, isLate }) => html`<tr class=${isAhead ? "muted" : ""}><td>${instant(from)}</td><td>${instant(until)}</td><td><span class="mark ${isLate ? "late" : counts ? "counted" : "skipped"}"></span>${t(`sla.why.${why}`)}${isLate ? ` · ${t("sla.late")}` : nothing}${date ? ` (${date})` : nothing}${isAhead ? ` · ${t("sla.ahead")}` : nothing}</td></tr>`)}</tbody></table>
    </details>`;
}

/** The part of a ticket's page that explains its deadlines. */
export function slaCard(sla) {
  if (!sla) return nothing;
  const readAt = Date.parse(sla.leido_en);
  return html`
    <section class="card sla" aria-labelledby="sla-title">
      <h2 id="sla-title">${t("sla.title")}</h2>
      ${sla.objetivos.length === 0 ? html`<p class="muted">${t("sla.none")}</p>` : nothing}
      ${sla.politica ? html`<p class="muted">${t("sla.policy", { name: sla.politica.nombre ?? sla.politica.id })}</p>` : nothing}
      ${sla.objetivos.map((target) => html`
        <div class="target">
          <h3>${t(`sla.${target.objetivo}`)} <span class="state ${target.estado}">${t(`sla.state.${target.estado}`)}</span></h3>
          <p>${target.concedido_ms === null ? t("sla.by-hand") : t("sla.counted", { elapsed: hours(target.transcurrido_ms), granted: hours(target.concedido_ms) })}
            ${target.calendario ? html` · ${t("sla.calendar", { name: target.calendario.nombre })}` : html` · ${t("sla.around-the-clock")}`}</p>
          ${picture(target, readAt)}
        </div>`)}
      ${sla.objetivos.length > 0 ? html`<ul class="legend"><li><span class="mark counted"></span>${t("sla.legend.counted")}</li><li><span class="mark skipped"></span>${t("sla.legend.skipped")}</li><li><span class="mark deadline"></span>${t("sla.due")}</li><li><span class="mark now"></span>${t("sla.now")}</li></ul>` : nothing}
    </section>`;
}
