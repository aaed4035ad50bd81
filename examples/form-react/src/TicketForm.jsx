import { standardSchemaResolver } from "@hookform/resolvers/standard-schema";
import { useEffect, useRef, useState } from "react";
import { useForm } from "react-hook-form";

import { createTicket } from "./tickets.js";

/** The fields of this form, in the rules' order: it is the order in which the server tells errors. */
const FIELDS = [
  { name: "nombre", autoComplete: "name" },
  { name: "email", type: "email", autoComplete: "email" },
  { name: "tipo", as: "select" },
  { name: "categoria" },
  { name: "descripcion", as: "textarea", rows: 6 },
  { name: "prioridad", as: "select" },
];
const isHere = (field) => FIELDS.some(({ name }) => name === field);

function Field({ info, error, as: Control = "input", ...rest }) {
  const { name, label, help, required, options } = info;
  return (
    <>
      <label htmlFor={name}>{label}</label>
      <Control
        id={name}
        aria-required={required}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${name}-help ${name}-error` : `${name}-help`}
        {...rest}
      >
        {Control === "select" ? ["", ...options].map((option) => <option key={option}>{option}</option>) : undefined}
      </Control>
      <p id={`${name}-help`} className="field-help">{help}</p>
      <p id={`${name}-error`} className="field-error">{error?.message}</p>
    </>
  );
}

export function TicketForm({ validator }) {
  const [label, setLabel] = useState();
  const created = useRef(null);
  const { register, handleSubmit, setError, formState: { errors, isSubmitting } } = useForm({
    resolver: standardSchemaResolver(validator),
    defaultValues: Object.fromEntries(FIELDS.map(({ name }) => [name, ""])),
    mode: "onTouched",
  });
  const info = Object.fromEntries(validator.fields().map((field) => [field.name, field]));

  // The button that had the focus is gone.
  useEffect(() => created.current?.focus(), [label]);

  /** Rules may ask for what this form does not have, and not every problem is of a field. */
  const elsewhere = Object.keys(errors).filter((name) => info[name] && !isHere(name));
  const problem = errors.root?.server.message ?? elsewhere.map((name) => `${info[name].label}: ${errors[name].message}`).join(" ");

  const submit = handleSubmit(async (ticket) => {
    const answer = await createTicket(ticket, validator.locale);
    if (answer.ticketLabel) return setLabel(answer.ticketLabel);
    if (!answer.errors?.length) return setError("root.server", { message: answer.detail });
    const first = answer.errors.find(({ field }) => isHere(field));
    for (const issue of answer.errors) setError(issue.field, { message: issue.message }, { shouldFocus: issue === first });
  });

  if (label) return <p role="status" tabIndex={-1} ref={created}>Su solicitud es la {label}.</p>;
  return (
    <>
      <form onSubmit={submit} noValidate>
        {FIELDS.map(({ name, ...rest }) => (
          <Field key={name} info={info[name]} error={errors[name]} {...rest} {...register(name)} />
        ))}
        <button disabled={isSubmitting}>Enviar</button>
      </form>
      <p role="alert">{problem}</p>
    </>
  );
}
