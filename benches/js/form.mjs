// The form that everybody validates: its rules, filled in well and badly.

/** The thirteen fields. That they are what our rules say is asserted before anything is timed. */
export const FIELDS = [
  { name: "nombre", kind: "text", required: true, min: 3, max: 150 },
  { name: "email", kind: "email", required: true },
  { name: "tipo", kind: "choice", required: true },
  { name: "categoria", kind: "text", required: true, min: 2, max: 100 },
  { name: "descripcion", kind: "lines", required: true, min: 10, max: 100_000 },
  { name: "prioridad", kind: "text", required: true, min: 1, max: 20 },
  { name: "documento", kind: "text", required: false, min: 1, max: 50 },
  { name: "telefono", kind: "text", required: false, min: 1, max: 30 },
  { name: "tieneWhatsapp", kind: "flag", required: false },
  { name: "empresaDepartamento", kind: "text", required: false, min: 1, max: 150 },
  { name: "subcategoria", kind: "text", required: false, min: 1, max: 100 },
  { name: "asunto", kind: "text", required: false, min: 1, max: 200 },
  { name: "areaAsignada", kind: "text", required: false, min: 1, max: 100 },
];

export const TYPES = ["PETICION", "QUEJA", "RECLAMO", "SUGERENCIA", "INCIDENTE", "SOLICITUD", "CONSULTA"];

export const EMAIL_MAX = 254;

/** An object of what `member` makes of each field. */
export const eachField = (member) => Object.fromEntries(FIELDS.map((field) => [field.name, member(field)]));

/** Every field is filled in, and well. */
const valid = {
  nombre: "Ana García",
  email: "ana.garcia@example.com",
  tipo: "INCIDENTE",
  categoria: "Sistemas",
  descripcion: "Desde esta mañana no puedo iniciar sesión en Outlook. Aparece el error 403 Forbidden.",
  prioridad: "ALTA",
  documento: "12345678",
  telefono: "+573001234567",
  tieneWhatsapp: true,
  empresaDepartamento: "Recursos Humanos",
  subcategoria: "Correo electrónico",
  asunto: "No puedo acceder a mi correo corporativo",
  areaAsignada: "MESA",
};

/** Every field is filled in, and badly: by one character where there is a limit. */
const invalid = eachField(({ kind, min, max }) => {
  switch (kind) {
    case "email":
      return "ana.garcia.example.com";
    case "choice":
      return "OTRO";
    case "flag":
      return "quizás";
    default:
      return "x".repeat(min > 1 ? min - 1 : max + 1);
  }
});

const names = FIELDS.map(({ name }) => name);
const required = FIELDS.filter((field) => field.required).map(({ name }) => name);

/** The forms that are timed, and the fields that are wrong with each. */
export const TIMED = [
  { name: "valid", form: valid, wrong: [] },
  { name: "invalid", form: invalid, wrong: names },
  { name: "missing", form: {}, wrong: required },
];

/** More forms, which are only judged: that all have the same rules is not seen in the timed ones alone. */
export const JUDGED = [
  { name: "required fields only", form: Object.fromEntries(required.map((name) => [name, valid[name]])), wrong: [] },
  { name: "null for what is optional", form: { ...eachField(() => null), ...pick(valid, required) }, wrong: [] },
  ...names.map((name) => ({ name: `${name} is wrong`, form: { ...valid, [name]: invalid[name] }, wrong: [name] })),
  ...required.map((name) => {
    const { [name]: _, ...rest } = valid;
    return { name: `${name} is missing`, form: rest, wrong: [name] };
  }),
  ...TYPES.map((tipo) => ({ name: tipo, form: { ...valid, tipo }, wrong: [] })),
  ...FIELDS.filter(({ max }) => max).flatMap(({ name, min, max }) => [
    { name: `${name} as short as it may be`, form: { ...valid, [name]: "x".repeat(min) }, wrong: [] },
    { name: `${name} as long as it may be`, form: { ...valid, [name]: "x".repeat(max) }, wrong: [] },
    { name: `${name} too long`, form: { ...valid, [name]: "x".repeat(max + 1) }, wrong: [name] },
  ]),
];

function pick(form, names) {
  return Object.fromEntries(names.map((name) => [name, form[name]]));
}

/** An address as it looks after each key, and another field's whole value. */
export const KEYSTROKES = Array.from(valid.email, (_, index) => valid.email.slice(0, index + 1));
export const VALID = valid;
