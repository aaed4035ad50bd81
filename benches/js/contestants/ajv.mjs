import Ajv from "ajv";
import addFormats from "ajv-formats";
import es from "ajv-i18n/localize/es/index.js";

import { EMAIL_MAX, FIELDS, TYPES, eachField } from "../form.mjs";

function field({ kind, required, min, max }) {
  const checked = {
    email: { type: "string", maxLength: EMAIL_MAX, format: "email" },
    choice: { type: "string", enum: TYPES },
    flag: { type: "boolean" },
  }[kind] ?? { type: "string", minLength: min, maxLength: max };
  return required ? checked : { ...checked, nullable: true };
}

const ajv = new Ajv({ allErrors: true });
addFormats(ajv, ["email"]);
const accepts = ajv.compile({
  type: "object",
  required: FIELDS.filter(({ required }) => required).map(({ name }) => name),
  properties: eachField(field),
});

export default {
  name: "ajv",
  validate(form) {
    if (accepts(form)) return [];
    es(accepts.errors);
    return accepts.errors;
  },
  problems: (errors) =>
    errors.map(({ instancePath, params, message }) => [params.missingProperty ?? instancePath.slice(1), message]),
};
