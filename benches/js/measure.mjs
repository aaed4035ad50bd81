// The measurement itself, the same in node and in browsers.

import { FIELDS, JUDGED, KEYSTROKES, TIMED, TYPES, VALID } from "./form.mjs";

/** @throws where a contestant judges a form differently, or our rules are not those of the form. */
export function judge(contestants) {
  const same = (what, found, expected) => {
    const [is, shouldBe] = [found, expected].map((value) => JSON.stringify(value));
    if (is !== shouldBe) throw new Error(`${what}: ${is} instead of ${shouldBe}`);
  };
  const fields = contestants[0].fields();
  same("our fields", fields.map(({ name, kind, required, min, max }) => ({ name, kind, required, min, max })), FIELDS);
  same("our types", fields.find(({ kind }) => kind === "choice").options, TYPES);
  for (const { name: what, form, wrong } of [...TIMED, ...JUDGED]) {
    const before = JSON.stringify(form);
    for (const { name, validate, problems } of contestants) {
      const found = problems(validate(form));
      same(`${name}, ${what}`, [...new Set(found.map(([field]) => field))].sort(), [...wrong].sort());
      if (!found.every(([, message]) => typeof message === "string" && message)) throw new Error(`${name}, ${what}: no message`);
      // A form that somebody changes is another one for whoever comes next.
      if (JSON.stringify(form) !== before) throw new Error(`${name}, ${what}: changed the form`);
    }
  }
}

/** Where results go, lest a compiler notices that nobody needs them. */
let sink;

/** Milliseconds that so many calls take. */
function time(call, count) {
  const from = performance.now();
  for (let left = count; left > 0; left--) sink = call();
  return performance.now() - from;
}

/** How many calls take about so many milliseconds, as quick as they are at the end. */
function enough(call, milliseconds) {
  for (let count = 1; ; count *= 2) {
    const took = time(call, count);
    if (took >= milliseconds) return Math.max(1, Math.round((count * milliseconds) / took));
  }
}

export function median(figures) {
  const sorted = [...figures].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Times the contestants, which take turns within each round so that what else the machine does hits all of them.
 *
 * @returns rows of `{ what, contestants: [{ name, ns, ratio }] }`: nanoseconds per call, and how many times ours that is. Both
 *   are medians of the rounds; a round's ratio is that of its own two times.
 */
export function measure(contestants, { rounds, milliseconds, warmUp }) {
  const [{ validateField }] = contestants;
  let key = 0;
  const rows = [
    ...TIMED.map(({ name, form }) => ({
      what: name,
      calls: contestants.map(({ name, validate }) => ({ name, call: () => validate(form) })),
    })),
    { what: "field, valid", calls: [{ name: "ours", call: () => validateField("nombre", VALID.nombre) }] },
    {
      what: "field, typed",
      calls: [{ name: "ours", call: () => validateField("email", KEYSTROKES[key++ % KEYSTROKES.length]) }],
    },
  ];
  const all = rows.flatMap(({ calls }) => calls);
  // Compilers take their time, of WebAssembly no less than of JavaScript, and look at everybody before they settle.
  for (const { call } of all) enough(call, warmUp);
  for (const contestant of all) {
    contestant.count = enough(contestant.call, milliseconds);
    contestant.times = [];
  }
  for (let round = 0; round < rounds; round++) {
    // Who comes first changes, so that nobody always runs after the same neighbour's garbage.
    for (let turn = 0; turn < all.length; turn++) {
      const { call, count, times } = all[(turn + round * 5) % all.length];
      times.push((time(call, count) * 1e6) / count);
    }
  }
  return rows.map(({ what, calls }) => ({
    what,
    contestants: calls.map(({ name, times }) => ({
      name,
      ns: median(times),
      ratio: median(times.map((ns, round) => ns / calls[0].times[round])),
    })),
  }));
}

/** Milliseconds from the call of `init` to the first verdict; once per process or page. */
export async function firstVerdict({ createValidator, init }) {
  const from = performance.now();
  await init();
  const { ok } = createValidator().validate(VALID);
  const took = performance.now() - from;
  if (!ok) throw new Error("the first verdict is wrong");
  return took;
}
