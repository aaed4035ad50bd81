// Charts: lines, bars and areas over periods, as SVG that the page's style colours. D3 knows scales, ticks, paths and stacks; what is
// drawn is a template like all else. Each is read with the pointer or the arrow keys, one period after the other.

import { html, nothing, ref, svg } from "./lit.js";
import { area, curveMonotoneX, line, scaleBand, scaleLinear, stack } from "./d3.js";
import { number, t } from "./page.js";
import { refresh } from "./paint.js";

/** At which period each chart is read, by its name; at none where nobody reads. */
const readings = new Map();

// ---- What a scale says. Each: from where to where, at which values there is a line, and what stands at it.

const most = (series) => Math.max(0, ...series.flatMap(({ values }) => values.filter((value) => value !== null)));

function scaleTo(end, tick, count) {
  const scale = scaleLinear().domain([0, end]).nice(count);
  return { domain: scale.domain(), ticks: scale.ticks(count), tick };
}

/** Of whole things. */
export const counts = (series, isStacked = false) => {
  const sums = isStacked ? [{ values: series[0].values.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0)) }] : series;
  const scale = scaleTo(Math.max(1, most(sums)), number, 4);
  return { ...scale, ticks: scale.ticks.filter(Number.isInteger) };
};

/** Of parts of one: from the half up where nothing is below it. */
export const shares = (series) => {
  const low = Math.min(1, ...series.flatMap(({ values }) => values.filter((value) => value !== null)));
  const from = low >= 0.5 ? 0.5 : 0;
  return { domain: [from, 1], ticks: from ? [0.5, 0.6, 0.7, 0.8, 0.9, 1] : [0, 0.25, 0.5, 0.75, 1], tick: (value) => `${number(Math.round(value * 100))} %` };
};

/** Of seconds: lines at whole minutes or hours. */
export const times = (series) => {
  const end = Math.max(60, most(series));
  const [unit, name] = end > 7_200 ? [3_600, "h"] : [60, "min"];
  const scale = scaleLinear().domain([0, end / unit]).nice(4);
  return { domain: scale.domain().map((value) => value * unit), ticks: scale.ticks(4).map((value) => value * unit), tick: (value) => `${number(value / unit)} ${name}` };
};

// ---- Drawing

/** As wide as each chart's place is, by its name. */
const widths = new Map(), watched = new WeakSet();
const observer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    if (!target.isConnected) observer.unobserve(target);
    else if (contentRect.width > 0) widths.set(target.dataset.chart, Math.round(contentRect.width));
  }
  refresh();
});
const watch = (element) => {
  if (!element || watched.has(element)) return;
  watched.add(element);
  observer.observe(element);
};

/** What was drawn of a shape, at a width: the page is drawn each second, and a shape stays what it is. */
const drawn = new WeakMap();

function drawing(shape, width) {
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const known = drawn.get(shape);
  if (known?.width === width && known.size === size) return known;
  const made = { width, size, ...draw(shape, width, size) };
  drawn.set(shape, made);
  return made;
}

function draw({ periods, series, scale, isSmall, isFlow }, width, size) {
  const height = Math.round((isSmall ? 5.4 : 14) * size), top = Math.round(size * 0.6), bottom = height - Math.round(size * 1.5);
  const left = isSmall ? 0 : Math.round(Math.max(...scale.ticks.map((value) => scale.tick(value).length)) * size * 0.46 + size * 0.8);
  const x = scaleBand().domain(periods.map((_, at) => at)).range([left, width - (isSmall ? 0 : Math.round(size * 0.9))]).paddingInner(0.28).paddingOuter(0.14);
  const y = scaleLinear().domain(scale.domain).range([bottom, top]);
  const middle = (at) => x(at) + x.bandwidth() / 2;
  const places = { middle, y, height, top, bottom, left, step: x.step() };
  // The last period has its name, and before it as many as there is room for.
  const widest = Math.max(...periods.map(({ label }) => label.length)) * size * 0.46 + size;
  const every = Math.max(1, Math.ceil(widest / x.step()));
  const named = periods.map(({ label }, at) => ({ label, at })).filter(({ at }) => (periods.length - 1 - at) % every === 0);
  const edge = (at) => (middle(at) - widest / 2 < 0 ? "start" : middle(at) + widest / 2 > width + size * 0.6 ? "end" : "middle");
  const at = (anchor, place) => (anchor === "start" ? left : anchor === "end" ? width : middle(place));
  const stacked = series.filter(({ kind }) => kind === "stack");
  const layers = stack().keys(stacked.keys()).value((place, key) => stacked[key].values[place] ?? 0)(periods.keys());
  /** What is counted as it comes is not all there yet in the period that is under way. */
  const partial = isFlow ? periods.findIndex(({ isUnderWay }) => isUnderWay) : -1;
  const template = svg`
    ${isSmall ? nothing : scale.ticks.map((value) => svg`<line class="rule ${value === scale.domain[0] ? "base" : ""}" x1=${left} x2=${width} y1=${y(value)} y2=${y(value)}></line><text class="tick" x=${left - size * 0.5} y=${y(value)} dy="0.32em" text-anchor="end">${scale.tick(value)}</text>`)}
    ${named.map(({ label, at: place }) => svg`<text class="tick" x=${at(edge(place), place)} y=${height - size * 0.35} text-anchor=${edge(place)}>${label}</text>`)}
    ${layers.map((layer, key) => layer.map(([from, until], place) => (until > from ? svg`<rect class="fill tone-${stacked[key].tone} ${place === partial ? "partial" : ""}" x=${x(place)} width=${x.bandwidth()} y=${y(until)} height=${Math.max(0, y(from) - y(until))}></rect>` : nothing)))}
    ${series.map((one) => mark(one, { x, y, middle, bottom, partial: one.isWhole ? -1 : partial }))}`;
  return { template, ...places };
}

/** One series. Where there is no value, there is a gap; a value between two gaps is a dot. */
function mark({ kind, tone, values, isDashed }, { x, y, middle, bottom, partial }) {
  if (kind === "stack") return nothing;
  if (kind === "bar") return values.map((value, at) => (value ? svg`<rect class="fill tone-${tone} ${at === partial ? "partial" : ""}" x=${x(at)} width=${x.bandwidth()} y=${y(value)} height=${Math.max(0, bottom - y(value))} rx="1.5"></rect>` : nothing));
  const along = (shape) => shape.defined((value) => value !== null).x((_, at) => middle(at)).curve(curveMonotoneX);
  const whole = partial < 0 ? values : values.map((value, at) => (at === partial ? null : value));
  const rest = partial < 1 ? null : values.map((value, at) => (at === partial || at === partial - 1 ? value : null));
  const alone = values.map((value, at) => ({ value, at })).filter(({ value, at }) => value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null);
  return svg`
    ${kind === "area" ? svg`<path class="wash tone-${tone}" d=${along(area()).y0(bottom).y1(y)(whole)}></path>` : nothing}
    <path class="line tone-${tone} ${isDashed ? "dashed" : ""}" d=${along(line()).y(y)(whole)}></path>
    ${rest ? svg`<path class="line tone-${tone} partial" d=${along(line()).y(y)(rest)}></path>` : nothing}
    ${alone.map(({ value, at }) => svg`<circle class="dot-of tone-${tone}" cx=${middle(at)} cy=${y(value)} r="3"></circle>`)}`;
}

// ---- Reading

const told = ({ periods, series, say }, at) => `${periods[at].long}: ${series.map(({ name, values }) => `${name} ${values[at] === null ? "–" : say(values[at])}`).join(", ")}`;

function read(id, at, last) {
  const now = at === null ? null : Math.max(0, Math.min(last, at));
  if ((readings.get(id) ?? null) === now) return;
  if (now === null) readings.delete(id);
  else readings.set(id, now);
  refresh();
}

const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 7, PageDown: -7, Home: -Infinity, End: Infinity };

/**
 * A chart. What it shows is a shape: `id`, `name`, `periods` (`label`, `long`), `series` (`name`, `tone`, `kind`, `values` with `null` where there
 * is none), `scale`, and how a value is said.
 */
export function chart(shape) {
  const { id, name, periods, series, say, isSmall } = shape;
  if (!series.some(({ values }) => values.some((value) => value !== null)) || (shape.isNothingAtZero && most(series) === 0)) {
    return html`<p class="nothing">${t("board.nothing")}</p>`;
  }
  const width = widths.get(id) ?? 0, last = periods.length - 1;
  const at = readings.has(id) ? Math.min(last, readings.get(id)) : null;
  const picture = width > 0 ? drawing(shape, width) : null;
  const moved = (event) => {
    if (!picture) return;
    const { left } = event.currentTarget.getBoundingClientRect();
    read(id, Math.floor((event.clientX - left - picture.left) / picture.step), last);
  };
  const pressed = (event) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    read(id, (at ?? (step < 0 ? last + 1 : -1)) + step, last);
  };
  return html`
    <div class="plot ${isSmall ? "small" : ""}" data-chart=${id} tabindex="0" role="slider" aria-label=${t("board.read", { name })} aria-valuemin="0" aria-valuemax=${last} aria-valuenow=${at ?? last} aria-valuetext=${told(shape, at ?? last)}
      @pointermove=${moved} @pointerdown=${moved} @pointerleave=${() => read(id, null)} @blur=${() => read(id, null)} @keydown=${pressed} ${ref(watch)}>
      <p class="key">${series.map((one) => html`<span><span class="sample as-${one.kind} tone-${one.tone} ${one.isDashed ? "dashed" : ""}"></span>${one.name}${at === null ? nothing : html` <strong>${one.values[at] === null ? "–" : say(one.values[at])}</strong>`}</span>`)}
        <span class="when">${at === null ? nothing : periods[at].long}</span></p>
      ${picture ? html`<svg viewBox="0 0 ${width} ${picture.height}" width="100%" aria-hidden="true">
        ${picture.template}
        ${at === null ? nothing : svg`<line class="reading" x1=${picture.middle(at)} x2=${picture.middle(at)} y1=${picture.top} y2=${picture.bottom}></line>
          ${series.map(({ kind, tone, values }) => (kind === "bar" || kind === "stack" || values[at] === null ? nothing : svg`<circle class="dot-of tone-${tone}" cx=${picture.middle(at)} cy=${picture.y(values[at])} r="4"></circle>`))}`}
      </svg>` : nothing}
    </div>`;
}

/** A bar beside its figure: as long as its part of the longest. */
export const bar = (value, of, tone = 1) => html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"></rect><rect class="fill tone-${tone}" width=${of > 0 ? scaleLinear().domain([0, of]).range([0, 100])(value) : 0} height="10"></rect></svg>`;
