import * as z from "zod";
import es from "zod/v4/locales/es.js";

import { EMAIL_MAX, TYPES, eachField } from "../form.mjs";

z.config(es());

function field({ kind, required, min, max }) {
  const checked = {
    email: () => z.string().trim().max(EMAIL_MAX).email(),
    choice: () => z.enum(TYPES),
    flag: () => z.boolean(),
  }[kind]?.() ?? z.string().trim().min(min).max(max);
  return required ? checked : checked.nullish();
}

const schema = z.object(eachField(field));

export default {
  name: "zod",
  validate: (form) => schema.safeParse(form),
  problems: ({ error }) => (error?.issues ?? []).map(({ path, message }) => [path[0], message]),
};
