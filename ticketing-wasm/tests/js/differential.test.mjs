// The module says what the core says natively: of each line of `cargo run -p ticketing-wasm --example verdicts`, in the file
// that TICKETING_VERDICTS names.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { test } from "node:test";

import { createValidator, init, parseLabel } from "ticketing-wasm";

test("verdict, codes, parameters, messages, normalised values, deadlines and labels are the core's", async (t) => {
  const file = process.env.TICKETING_VERDICTS;
  assert.ok(file, "TICKETING_VERDICTS names no file");
  await init();
  const validators = Object.fromEntries(["es", "en", "pt"].map((locale) => [locale, createValidator(undefined, { locale })]));
  let cases = 0, valid = 0;
  // By the line feed alone: the texts have the other line breaks that Unicode knows.
  for await (const line of lines(file)) {
    const { locale, form, now, verdict, sla, label, parsed } = JSON.parse(line);
    const validator = validators[locale];
    const values = JSON.parse(form);
    assert.deepEqual(validator.validate(values), verdict, form);
    for (const name of Object.keys(values)) {
      const expected = verdict.ok ? null : (verdict.issues.find((issue) => issue.field === name) ?? null);
      assert.deepEqual(validator.validateField(name, values[name]), expected, form);
    }
    assert.deepEqual(validator.sla(values, now), sla, form);
    assert.deepEqual(parseLabel(label), parsed, label);
    cases++;
    valid += verdict.ok;
  }
  t.diagnostic(`${cases} forms, ${valid} of them valid`);
  assert.ok(cases > 0 && valid > cases / 1000, "the forms are of one kind");
});

async function* lines(file) {
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "utf8", highWaterMark: 1 << 20 })) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop();
    yield* parts;
  }
}
