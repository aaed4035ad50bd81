import * as yup from "yup";

import { EMAIL_MAX, TYPES, eachField } from "../form.mjs";

function field({ kind, required, min, max }) {
  const checked = {
    email: () => yup.string().trim().max(EMAIL_MAX).email(),
    choice: () => yup.string().oneOf(TYPES),
    flag: () => yup.boolean(),
  }[kind]?.() ?? yup.string().trim().min(min).max(max);
  return required ? checked.required() : checked.nullable();
}

const schema = yup.object(eachField(field));
// As a form needs it: everything that is wrong, at once.
const options = { abortEarly: false };

export default {
  name: "yup",
  validate(form) {
    try {
      return { value: schema.validateSync(form, options), inner: [] };
    } catch (error) {
      return error;
    }
  },
  problems: ({ inner }) => inner.map(({ path, message }) => [path, message]),
};
