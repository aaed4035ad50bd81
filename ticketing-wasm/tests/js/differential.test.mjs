// The module says what the core says natively: of each line of `cargo run -p ticketing-wasm --example verdicts`, in the file
// that TICKETING_VERDICTS names.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { test } from "node:test";

import { createValidator, init, parseLabel } from "ticketing-wasm";
import { checkRules, init as initDesk } from "ticketing-wasm/desk";

test("verdict, codes, parameters, messages, normalised values, deadlines and labels are the core's", async (t) => {
  const file = process.env.TICKETING_VERDICTS;
  assert.ok(file, "TICKETING_VERDICTS names no file");
  await init();
  let validators, cases = 0, valid = 0, promised = 0;
  // By the line feed alone: the texts have the other line breaks that Unicode knows.
  for await (const line of lines(file)) {
    const { documents, rules, locale, form, now, verdict, sla, label, parsed } = JSON.parse(line);
    if (documents) {
      validators = documents.map((document) => createValidator(document));
      continue;
    }
    const validator = Object.assign(validators[rules], { locale });
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
    promised += Boolean(rules && sla?.fechaLimiteSla);
  }
  t.diagnostic(`${cases} forms, ${valid} of them valid, ${promised} with a deadline by generated rules`);
  assert.ok(cases > 0 && valid > cases / 1000 && promised > cases / 20, "the forms are of one kind");
});

test("documents of rules are taken and refused as by the core, and have its hash; the form's module takes all that it can read", async (t) => {
  const file = process.env.TICKETING_RULES;
  assert.ok(file, "TICKETING_RULES names no file");
  await init();
  await initDesk();
  let taken = 0, refused = 0, unchecked = 0;
  for await (const line of lines(file)) {
    const { rules, expected, why } = JSON.parse(line);
    if (!expected) {
      assert.throws(() => checkRules(rules), (error) => {
        assert.ok(error instanceof TypeError, `${error.stack}\n${line}`);
        if (why) assert.equal(error.message, `these are no rules: ${why}`, line);
        return true;
      }, line);
      refused++;
      unchecked += answers(rules, line);
      continue;
    }
    checkRules(rules);
    const validator = createValidator(rules);
    assert.equal(validator.rulesHash, expected.hash, line);
    assert.equal(validator.parseLabel("x 2026-7").canonical.slice(1), expected.label.replace(/^[A-Z]+/, ""), line);
    const fields = (locale) => Object.assign(validator, { locale }).fields();
    const found = fields("pt").map(({ name, required, min = null, max = null, options = [], label }, row) =>
      [name, required, min, max, options, label, fields("en")[row].help]);
    assert.deepEqual(found, expected.fields, line);
    taken++;
  }
  t.diagnostic(`${taken} documents taken, ${refused} refused, ${unchecked} of these taken unchecked`);
  assert.ok(taken > 50 && refused > 500 && unchecked > 300, "the documents are of one kind");
});

/** Whether the form's module can read rules that the core refuses; if so, it answers whatever it is asked. */
function answers(rules, line) {
  let validator;
  try {
    validator = createValidator(rules);
  } catch (error) {
    assert.ok(error instanceof TypeError, `${error.stack}\n${line}`);
    return false;
  }
  const ticket = { tipo: "QUEJA", prioridad: "urgente", areaAsignada: "OTRA", asunto: "x".repeat(200) };
  const { ok, issues } = validator.validate(ticket);
  assert.ok(!ok && issues.every(({ message }) => message), line);
  for (const now of [0, Date.UTC(2026, 11, 24, 16), 4_102_400_000_000, 8.64e15]) {
    const promised = validator.sla(ticket, now);
    assert.ok(promised === null || Number.isInteger(promised.policy), line);
  }
  assert.equal(validator.fields().length, 13);
  return true;
}

async function* lines(file) {
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "utf8", highWaterMark: 1 << 20 })) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop();
    yield* parts;
  }
}
