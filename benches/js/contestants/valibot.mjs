import * as v from "valibot";

import { EMAIL_MAX, TYPES, eachField } from "../form.mjs";

function field({ kind, required, min, max }) {
  const checked = {
    email: () => v.pipe(v.string(), v.trim(), v.maxLength(EMAIL_MAX), v.email()),
    choice: () => v.picklist(TYPES),
    flag: () => v.boolean(),
  }[kind]?.() ?? v.pipe(v.string(), v.trim(), v.minLength(min), v.maxLength(max));
  return required ? checked : v.nullish(checked);
}

const schema = v.object(eachField(field));

export default {
  name: "valibot",
  validate: (form) => v.safeParse(schema, form),
  problems: ({ issues = [] }) => issues.map(({ path, message }) => [path[0].key, message]),
};
