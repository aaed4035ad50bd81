// An HTML form wired to a validator: messages beside their fields, as the browser and screen readers know them.

/** What a form's controls hold, by the names of the table's fields. */
function values(form, fields) {
  const values = {};
  for (const { name, kind } of fields) {
    const control = form.elements.namedItem(name);
    if (control) values[name] = kind === "flag" ? control.checked === true : control.value;
  }
  return values;
}

/**
 * Wires a form whose controls carry the fields' names. A control is checked when it is left, and from then on with each
 * change; submitting checks all, and shows the first error. Where nobody listens, the browser submits the form as ever.
 *
 * @param options `onSubmit(ticket, { signal })`: sends a valid ticket; a problem+json that it throws or returns is shown, each
 *   error beside its control, and what has none above the form.
 *   `errorId(name)`: the id of the element that takes a field's message; made after the control where there is none.
 *   `counters`: show how many characters are left; on unless `false`.
 */
export function bindForm(form, validator, { onSubmit, errorId = (name) => `${name}-error`, counters = true } = {}) {
  const fields = validator.fields();
  const known = new Map(fields.map((field) => [field.name, field]));
  const touched = new Set();
  const made = [];
  const abort = new AbortController();
  const { signal } = abort;
  const control = (name) => form.elements.namedItem(name);
  let busy = false, whole;

  function beside(target, id, className) {
    let element = form.ownerDocument.getElementById(id);
    if (!element) {
      element = form.ownerDocument.createElement("p");
      element.id = id;
      element.className = className;
      target.insertAdjacentElement("afterend", element);
      made.push(element);
    }
    return element;
  }

  function describe(target, id, on) {
    const ids = new Set((target.getAttribute("aria-describedby") ?? "").split(/\s+/).filter(Boolean));
    if (on) ids.add(id);
    else ids.delete(id);
    if (ids.size) target.setAttribute("aria-describedby", [...ids].join(" "));
    else target.removeAttribute("aria-describedby");
  }

  /** Puts a message beside a field, or takes it away. */
  function show(name, message) {
    const target = control(name);
    if (!target || !(target instanceof Element)) return;
    const id = errorId(name);
    const place = beside(target, id, "field-error");
    place.textContent = message;
    place.hidden = !message;
    target.setCustomValidity?.(message);
    describe(target, id, Boolean(message));
    if (message) target.setAttribute("aria-invalid", "true");
    else target.removeAttribute("aria-invalid");
  }

  function check(name) {
    const value = values(form, [known.get(name)])[name];
    show(name, validator.validateField(name, value)?.message ?? "");
  }

  function count(name) {
    const { max } = known.get(name);
    const target = control(name);
    const left = max - [...target.value.trim()].length;
    const place = beside(target, `${name}-count`, "field-count");
    place.textContent = String(left);
    place.classList.toggle("over", left < 0);
  }

  /** What is wrong with the form as a whole, or with fields that it does not have. */
  function showWhole(message) {
    whole ??= form.ownerDocument.createElement("p");
    whole.className = "form-error";
    whole.setAttribute("role", "alert");
    whole.textContent = message;
    if (message) form.prepend(whole);
    else whole.remove();
  }

  /** Shows every issue beside its control, else above the form, and leads to the first. */
  function showAll(issues, detail = "") {
    const of = (name) => issues.find((issue) => issue.field === name);
    for (const { name } of fields) show(name, of(name)?.message ?? "");
    const unplaced = issues.filter(({ field }) => !(known.has(field) && control(field)));
    const texts = unplaced.map(({ field, message }) => (field ? `${known.get(field)?.label ?? field}: ${message}` : message));
    showWhole(texts.join(" ") || (issues.length ? "" : detail));
    // In the page's order, which need not be the rules'.
    [...form.elements].find(({ name }) => known.has(name) && of(name))?.focus();
  }

  /** The errors of a problem+json, or its one sentence where it has none. */
  function showProblem({ errors = [], detail = "" }) {
    showAll(errors, detail);
  }

  const isProblem = (answer) => Array.isArray(answer?.errors) || (typeof answer?.detail === "string" && answer.status >= 400);

  function named(event) {
    const { name } = event.target;
    return known.has(name) && control(name) === event.target ? name : undefined;
  }

  form.noValidate = true;
  const counted = counters ? fields.filter(({ name, kind }) => kind === "lines" && control(name)).map(({ name }) => name) : [];
  const recount = () => counted.forEach(count);
  recount();
  for (const name of counted) control(name).addEventListener("input", () => count(name), { signal });
  form.addEventListener("input", (event) => {
    const name = named(event);
    if (name && touched.has(name)) check(name);
  }, { signal });
  form.addEventListener("focusout", (event) => {
    const name = named(event);
    // Who only passes through an empty field is not told that it is empty.
    if (!name || (!touched.has(name) && event.target.value === "")) return;
    // Submitting checks everything. A message now would move the button away from under the click.
    if (event.relatedTarget?.type === "submit" && event.relatedTarget.form === form) return;
    touched.add(name);
    check(name);
  }, { signal });
  form.addEventListener("submit", async (event) => {
    const verdict = validator.validate(values(form, fields));
    for (const { name } of fields) touched.add(name);
    if (!verdict.ok) {
      event.preventDefault();
      showAll(verdict.issues);
      return;
    }
    showAll([]);
    if (!onSubmit) return;
    event.preventDefault();
    // A second click does not send a second ticket.
    if (busy) return;
    busy = true;
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await onSubmit(verdict.ticket, { signal });
      if (isProblem(answer)) showProblem(answer);
    } catch (error) {
      if (!isProblem(error)) throw error;
      showProblem(error);
    } finally {
      busy = false;
      form.removeAttribute("aria-busy");
    }
  }, { signal });

  form.addEventListener("reset", () => {
    touched.clear();
    // The controls are reset after this event.
    setTimeout(() => {
      if (signal.aborted) return;
      for (const { name } of fields) show(name, "");
      showWhole("");
      recount();
    });
  }, { signal });

  return {
    /** What the form holds. */
    values: () => values(form, fields),
    /** Puts the `errors` of a problem+json back on their fields. */
    showErrors: showProblem,
    /** Checks again what was checked: after the validator's language has changed, or the form's values by a program. */
    refresh: () => touched.forEach(check),
    /** Leaves the form as it was. */
    destroy() {
      abort.abort();
      for (const { name } of fields) show(name, "");
      showWhole("");
      made.forEach((element) => element.remove());
    },
  };
}
