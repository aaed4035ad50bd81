// The look-up without leaving the page. The server renders tickets for everybody, with scripts and without: what it answers
// takes the place of what was there.

import { labelReader } from "./checks.js";
import { show } from "./fields.js";
import { byId, fill, localiseTimes, texts } from "./page.js";

const main = byId("main");
let parseLabel = null;
let isSending = false;

main.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-enhance]")) return;
  event.preventDefault();
  if (isSending) return;
  isSending = true;
  const button = form.querySelector("button");
  const text = button.textContent;
  button.setAttribute("aria-disabled", "true");
  button.textContent = texts.sending;
  const sent = new FormData(form);
  try {
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(sent) });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    replace(page, sent);
  } catch {
    show({ general: texts.no_connection });
  } finally {
    isSending = false;
    button.removeAttribute("aria-disabled");
    button.textContent = text;
  }
});

function replace(page, sent) {
  const next = page.getElementById("main");
  // Something between here and the desk answered instead of it.
  if (!next) throw new Error("no page of the desk");
  main.replaceChildren(...next.childNodes);
  document.title = page.title;
  // What was not found comes back without what was typed, so that its answer tells nothing; here it is still known.
  for (const name of ["label", "email"]) {
    const control = byId(name);
    if (control) control.value = sent.get(name) ?? "";
  }
  begin();
  const summary = byId("summary");
  const target = summary && !summary.hidden ? summary : byId("notice") ?? byId("ticket-title") ?? main;
  window.scrollTo(0, 0);
  target.focus();
}

/** What is typed is read as the server will read it. */
function hint() {
  const control = byId("label");
  const help = byId("label-help");
  if (!control || !help || !parseLabel) return;
  help.dataset.help ??= help.textContent;
  const typed = control.value.trim();
  const label = typed && parseLabel(typed);
  if (!typed) help.textContent = help.dataset.help;
  else if (label) help.textContent = fill(texts.reads_as, { label: label.canonical });
  else help.textContent = `${texts.no_label} ${help.dataset.help}`;
}

main.addEventListener("focusout", ({ target }) => {
  if (target.id === "label") hint();
});

function begin() {
  localiseTimes(main);
}

begin();
labelReader().then((reader) => {
  parseLabel = reader;
  document.documentElement.dataset.checks = reader ? "browser" : "server";
});
