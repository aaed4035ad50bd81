// Ours. The package is handed in, because node and browsers enter it by different doors.

export default async function ours({ createValidator, init }) {
  await init();
  const validator = createValidator();
  return {
    name: "ours",
    validate: (form) => validator.validate(form),
    problems: ({ issues = [] }) => issues.map(({ field, message }) => [field, message]),
    fields: () => validator.fields(),
    validateField: (name, value) => validator.validateField(name, value),
  };
}
