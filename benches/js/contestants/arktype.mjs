import { type } from "arktype";

import { EMAIL_MAX, FIELDS, TYPES } from "../form.mjs";

function field({ kind, required, min, max }) {
  const checked = {
    email: () => type("string.trim").to(`string.email <= ${EMAIL_MAX}`),
    choice: () => type.enumerated(...TYPES),
    flag: () => type("boolean"),
  }[kind]?.() ?? type("string.trim").to(`${min} <= string <= ${max}`);
  return required ? checked : checked.or("null");
}

const schema = type(Object.fromEntries(FIELDS.map((spec) => [spec.required ? spec.name : `${spec.name}?`, field(spec)])));

export default {
  name: "arktype",
  validate(form) {
    const found = schema(form);
    // Its messages are made when they are read, and whoever fills in a form reads them.
    if (found instanceof type.errors) for (const error of found) error.message;
    return found;
  },
  problems: (found) => (found instanceof type.errors ? found.map(({ path, message }) => [path[0], message]) : []),
};
