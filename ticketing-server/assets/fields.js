// Errors beside their fields, and the summary of them. The server renders the same places.

import { byId, fill, texts } from "./page.js";

/** Puts an error beside its field, or takes it away. */
export function mark(field, message) {
  const line = byId(`${field}-error`);
  const control = byId(field);
  if (!line || !control) return;
  line.textContent = message ?? "";
  line.hidden = !message;
  if (message) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
  strike(field, message);
}

/** The summary lists what is still wrong. */
function strike(field, message) {
  const item = byId("summary").querySelector(`a[href="#${field}"]`)?.closest("li");
  if (!item) return;
  if (message) {
    item.querySelector("a").textContent = `${labelOf(field)}: ${message}`;
    return;
  }
  item.remove();
  const left = byId("summary").querySelectorAll("li").length;
  if (left) byId("summary").querySelector("h2").textContent = title(left);
  else clear();
}

const title = (count) => (count === 1 ? texts.one : fill(texts.many, { n: count }));

/** A field's label as it stands on the page, without its mark. */
export const labelOf = (field) =>
  document.querySelector(`label[for="${field}"]`)?.firstChild.textContent.trim() ?? field;

/** Shows everything that is wrong and leads there: `issues` with `field` and `message`, or one text. */
export function show({ issues = [], general = null }) {
  for (const line of document.querySelectorAll(".field .error")) mark(line.id.slice(0, -"-error".length), null);
  const ofFields = issues.filter(({ field }) => byId(field));
  const others = issues.filter(({ field }) => !byId(field)).map(({ message }) => message);
  for (const { field, message } of ofFields) mark(field, message);

  const heading = document.createElement("h2");
  heading.textContent = ofFields.length ? title(ofFields.length) : texts.problem;
  const paragraphs = [general, ...others].filter(Boolean).map((text) => {
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    return paragraph;
  });
  const list = document.createElement("ul");
  // In the order in which the page has them.
  const order = ({ field }) => [...document.querySelectorAll("[id]")].indexOf(byId(field));
  for (const issue of ofFields.toSorted((a, b) => order(a) - order(b))) {
    const link = document.createElement("a");
    link.href = `#${issue.field}`;
    link.textContent = `${labelOf(issue.field)}: ${issue.message}`;
    list.appendChild(document.createElement("li")).append(link);
  }
  const summary = byId("summary");
  summary.replaceChildren(heading, ...paragraphs, ...(list.childElementCount ? [list] : []));
  summary.hidden = false;
  summary.focus();
}

/** Nothing is wrong. */
export function clear() {
  byId("summary").hidden = true;
  byId("summary").replaceChildren();
}

/** A link of the summary leads to its control, and shows the label with it. */
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("#summary a");
  const control = link && byId(link.hash.slice(1));
  if (!control) return;
  event.preventDefault();
  control.focus({ preventScroll: true });
  byId(`${control.id}-field`).scrollIntoView({ block: "center" });
});
