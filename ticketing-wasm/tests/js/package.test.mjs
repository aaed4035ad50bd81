// The packed package, as somebody who has installed it uses it under node.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createValidator, init, parseLabel } from "ticketing-wasm";

const FORM = {
  nombre: " Ana García ", email: "ana@example.com", tipo: "INCIDENTE", categoria: "Sistemas",
  descripcion: "No puedo iniciar sesión en Outlook. 🦀", prioridad: "ALTA",
};

await init();
const validator = createValidator();

test("a valid form is a ticket, trimmed, with the rules' defaults", () => {
  const verdict = validator.validate({ ...FORM, asunto: "  ", telefono: null, documento: undefined, otro: 7 });
  assert.deepEqual(verdict, {
    ok: true,
    ticket: { ...FORM, nombre: "Ana García", tieneWhatsapp: false, areaAsignada: "MESA" },
  });
});

test("all issues come at once, in field order and in the language asked for", () => {
  const english = createValidator(undefined, { locale: "en-GB" });
  const { ok, issues } = english.validate({ nombre: "An", email: "ana@example", tieneWhatsapp: "no", asunto: "a\nb" });
  assert.equal(ok, false);
  assert.deepEqual(issues.map(({ path, code }) => [path[0], code]), [
    ["nombre", "too-short"], ["email", "invalid-email"], ["tipo", "required"], ["categoria", "required"],
    ["descripcion", "required"], ["prioridad", "required"], ["tieneWhatsapp", "wrong-type"], ["asunto", "control-character"],
  ]);
  assert.deepEqual(issues[0], {
    path: ["nombre"], field: "nombre", code: "too-short", params: { min: 3, actual: 2 },
    message: "Write at least 3 characters (now 2).",
  });
  english.locale = "pt-BR";
  assert.equal(english.locale, "pt");
  assert.equal(english.validateField("nombre", "").message, "Este campo é obrigatório.");
});

test("a field is checked by itself", () => {
  assert.equal(validator.validateField("email", "ana@example.com"), null);
  assert.deepEqual(validator.validateField("tipo", "incidente").params.allowed.slice(0, 2), ["PETICION", "QUEJA"]);
  assert.equal(validator.validateField("nada", 1), null);
});

test("what is no form is told so", () => {
  for (const form of [null, undefined, [], "x", 7, true, Symbol("x")]) {
    const { ok, issues } = validator.validate(form);
    assert.equal(ok, false);
    assert.deepEqual(issues.map(({ path, code, params }) => [path, code, params]), [[[], "wrong-type", { expected: "object" }]]);
  }
});

test("hostile values are values", () => {
  const hostile = {
    get nombre() { throw new Error("no"); },
    email: new Proxy({}, { get() { throw new Error("no"); } }),
    tipo: Symbol("x"), categoria: "\ud83d", descripcion: "x".repeat(10_000_000), prioridad: "🦀".repeat(51),
    documento: Object.create({ toString: () => "7" }), telefono: 7n, tieneWhatsapp: () => true, asunto: NaN,
  };
  const inherited = Object.create(FORM);
  assert.deepEqual(validator.validate(hostile).issues.map(({ field, code }) => [field, code]), [
    ["nombre", "wrong-type"], ["email", "wrong-type"], ["tipo", "wrong-type"], ["categoria", "invalid-unicode"],
    ["descripcion", "too-long"], ["prioridad", "too-long"], ["documento", "wrong-type"], ["telefono", "wrong-type"],
    ["tieneWhatsapp", "wrong-type"], ["asunto", "wrong-type"],
  ]);
  assert.equal(validator.validate(inherited).issues.length, 6);
  const polluted = JSON.parse('{ "__proto__": { "nombre": "Ana García" }, "constructor": 1 }');
  assert.equal(validator.validate(polluted).issues.length, 6);
  // And the module goes on.
  assert.equal(validator.validate(FORM).ok, true);
});

test("rules are data", () => {
  const stricter = createValidator({ campos: { asunto: { requerido: true, max: 10 } }, tipos: ["AVERÍA"] });
  assert.notEqual(stricter.rulesHash, validator.rulesHash);
  assert.deepEqual(stricter.validate({ ...FORM, asunto: "demasiado largo" }).issues.map(({ field, code }) => [field, code]),
    [["tipo", "unknown-value"], ["asunto", "too-long"]]);
  assert.equal(createValidator({}).rulesHash, validator.rulesHash);
  for (const [rules, why] of [
    [{ campos: { asunto: { max: "10" } } }, /campos\.asunto\.max: expected an integer/],
    [{ tipo: [] }, /tipo: rules have no such member/], [[], /an object/], ["x", /an object/], [{ tipos: [1.5] }, /tipos\[0\]: expected a text/],
    [{ etiqueta: { prefijo: "ñ" } }, /etiqueta: no label can be written so/],
  ]) {
    assert.throws(() => createValidator(rules), (error) => error instanceof TypeError && why.test(error.message), JSON.stringify(rules));
  }
});

test("rules are taken as checked", () => {
  // Who wrote these was told so by the server, or by checkRules.
  const wrong = createValidator({ campos: { asunto: { min: 9, max: 8 } }, tipos: [], zona: "Nowhere" });
  assert.deepEqual(wrong.validate({ ...FORM, asunto: "12345678" }).issues.map(({ field, code, params }) => [field, code, params]),
    [["tipo", "unknown-value", { allowed: [] }], ["asunto", "too-short", { min: 9, actual: 8 }]]);
  assert.equal(wrong.sla({ prioridad: "ALTA" }, 0).fechaLimiteSla, "1970-01-01T04:00:00Z");
});

test("fields tell enough to build the form", () => {
  const fields = validator.fields();
  assert.equal(fields.length, 13);
  assert.deepEqual(fields[0], {
    name: "nombre", kind: "text", required: true, label: "Nombre completo",
    help: "Nombre y apellidos de quien hace la solicitud.", min: 3, max: 150,
  });
  assert.deepEqual(fields.map(({ kind }) => kind).filter((kind, index, all) => all.indexOf(kind) === index),
    ["text", "email", "choice", "lines", "flag"]);
  assert.equal(fields[12].default, "MESA");
});

test("the deadline is the server's", () => {
  const now = Date.UTC(2026, 2, 24, 10, 15);
  assert.deepEqual(validator.sla({ prioridad: "alta" }, now), {
    policy: 1, slaHoras: 4, fechaLimiteSla: "2026-03-24T14:15:00Z", primeraRespuesta: null,
  });
  assert.equal(validator.sla({ prioridad: "Crítica" }, new Date(now)).slaHoras, 2);
  assert.equal(validator.sla({}, now).slaHoras, 24);
  assert.equal(validator.sla({ prioridad: "ALTA" }, 8.64e15).fechaLimiteSla, null);
  assert.equal(createValidator({ sla: { politicas: [] } }).sla({ prioridad: "ALTA" }, now), null);
});

test("deadlines are in the desk's hours", () => {
  const day = [["08:00", "12:00"], ["13:00", "17:00"]];
  const desk = createValidator({
    zona: "America/Bogota",
    zonas: [{ nombre: "America/Bogota", desfaseSegundos: -18000 }],
    calendarios: {
      OFICINA: {
        semana: { lun: day, mar: day, mie: day, jue: day, vie: day },
        excepciones: [{ fecha: "2026-12-25", nombre: "Navidad" }],
      },
    },
    sla: { politicas: [
      { id: 3, nombre: "Respuesta", cuando: { tipo: ["CONSULTA"] }, primeraRespuesta: { otras: "90m", calendario: "OFICINA" } },
      { id: 7, nombre: "Todas", resolucion: { otras: "2bd", calendario: "OFICINA" } },
    ] },
  });
  // Christmas Eve is a Thursday: the next two business days are Monday and Tuesday.
  const eve = Date.UTC(2026, 11, 24, 16, 30);
  assert.deepEqual(desk.sla({}, eve), { policy: 7, slaHoras: 20.5, fechaLimiteSla: "2026-12-29T22:00:00Z", primeraRespuesta: null });
  assert.deepEqual(desk.sla({ tipo: "CONSULTA" }, eve), {
    policy: 3, slaHoras: null, fechaLimiteSla: null,
    primeraRespuesta: { horas: 1.5, fechaLimite: "2026-12-24T19:00:00Z" },
  });
});

test("labels as people type them", () => {
  assert.deepEqual(parseLabel(" tkt 2026-142 "), { canonical: "TKT-2026-00142", prefix: "TKT", year: 2026, number: 142 });
  for (const text of ["", "142", "TKT-1999-1", "\ud800", null, 7]) assert.equal(parseLabel(text), null);
  const other = createValidator({ etiqueta: { prefijo: "HD", digitos: 3 } });
  assert.equal(other.parseLabel("hd-2026-7").canonical, "HD-2026-007");
});

test("a validator is a Standard Schema", () => {
  const { version, vendor, validate } = validator["~standard"];
  assert.deepEqual([version, vendor], [1, "ticketing"]);
  assert.equal(validate(FORM).value.nombre, "Ana García");
  assert.deepEqual(validate({ ...FORM, email: "" }).issues.map(({ path, message }) => [path, message]),
    [[["email"], "Este dato es obligatorio."]]);
});

test("many validators and calls leave the memory as it is", () => {
  for (let round = 0; round < 20_000; round++) {
    assert.equal(validator.validate(FORM).ok, true);
    validator.validateField("email", `a${round}`);
  }
});
