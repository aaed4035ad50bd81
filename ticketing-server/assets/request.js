// The ticket form: checks while one types, the deadline, the draft, and sending that survives a bad connection.

import { validator as loadValidator } from "./checks.js";
import { draft, freshKey, kept } from "./drafts.js";
import { clear, labelOf, mark, show } from "./fields.js";
import { announce, byId, enableCopy, fill, locale, localiseTimes, service, texts, when } from "./page.js";

/** The server remembers a key for 24 hours. Later, a request that arrived the first time would make a second ticket. */
const KEY_SAFE_MILLIS = 23 * 60 * 60 * 1000;
const RETRY_SECONDS = 15;

const form = byId("form");
if (form) start();
else {
  // The answer to a form that was sent without this script.
  localiseTimes();
  enableCopy();
}

function start() {
  const notice = byId("notice");
  const submit = byId("submit");
  // Held, because success takes the form off the page while other things are still under way.
  const deadline = byId("deadline");
  const again = byId("start-over");
  const submitText = submit.textContent;
  const controls = [...form.elements].filter(({ name, type }) => name && type !== "hidden");
  let validator = null;
  let current = { key: freshKey(), values: {}, tried: null };
  let isSending = false;
  let timer = null;

  // ---- Values

  const valueOf = (control) => (control.type === "checkbox" ? control.checked : control.value);
  const isFilled = (value) => value === true || (typeof value === "string" && value.trim() !== "");
  /** The form as the API takes it: what is empty is left out. */
  const values = () =>
    Object.fromEntries(controls.map((control) => [control.name, valueOf(control)]).filter(([, value]) => isFilled(value)));

  function fillIn(stored) {
    for (const control of controls) {
      const value = stored[control.name];
      if (control.type === "checkbox") control.checked = value === true;
      else if (typeof value === "string") control.value = value;
    }
  }

  // ---- Draft

  function save() {
    current.values = values();
    if (Object.keys(current.values).length || current.tried) draft.write(current);
    else draft.forget();
    again.hidden = !Object.keys(current.values).length;
  }

  function startOver() {
    form.reset();
    draft.forget();
    kept.forget();
    current = { key: freshKey(), values: {}, tried: null };
    for (const { name } of controls) mark(name, null);
    clear();
    hush();
    refresh();
    save();
    controls[0].focus();
  }

  // ---- Checks while one types

  function check(control, { isLive }) {
    if (!validator) {
      // Whatever the server said of it is out of date.
      if (isLive) mark(control.name, null);
      return;
    }
    const issue = validator.validateField(control.name, valueOf(control));
    mark(control.name, issue?.message ?? null);
    if (issue && !isLive) announce(`${labelOf(control.name)}: ${issue.message}`);
  }

  form.addEventListener("input", ({ target }) => {
    // An error goes as soon as it is mended; a new one waits until the field is left.
    if (target.getAttribute("aria-invalid")) check(target, { isLive: true });
    count(target);
    refresh();
    save();
  });
  form.addEventListener("change", ({ target }) => {
    // A choice is made at once.
    if (validator && target.matches("select")) check(target, { isLive: true });
    refresh();
    save();
  });
  form.addEventListener("focusout", ({ target, relatedTarget }) => {
    // Whoever only passes through a field, or leaves the page for a moment, is not told that it is empty.
    if (target.matches("input:not([type=hidden], [type=checkbox]), textarea") && target.value.trim() && relatedTarget) {
      check(target, { isLive: false });
    }
  });

  function count(control) {
    const line = byId(`${control.name}-count`);
    if (!line) return;
    const characters = [...control.value.trim()].length;
    line.hidden = characters === 0;
    const number = new Intl.NumberFormat(locale);
    line.textContent = fill(texts.count, { n: number.format(characters), max: number.format(control.dataset.max) });
  }

  // ---- The deadline

  function refresh() {
    const { tipo, prioridad, categoria, areaAsignada } = values();
    const sla = validator && prioridad ? validator.sla({ tipo, prioridad, categoria, areaAsignada }, Date.now()) : null;
    deadline.hidden = !sla?.fechaLimiteSla;
    if (sla?.fechaLimiteSla) deadline.textContent = fill(texts.deadline, { when: when(sla.fechaLimiteSla) });
  }
  const ticking = setInterval(refresh, 30_000);

  // ---- Sending

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isSending) return;
    const verdict = validator?.validate(values());
    if (verdict && !verdict.ok) {
      show({ issues: verdict.issues });
      return;
    }
    clear();
    // Kept before it is sent: whatever happens to this page, the request is sent once and makes one ticket.
    kept.write({ key: current.key, body: JSON.stringify(values()), at: Date.now() });
    send();
  });

  async function send() {
    const waiting = kept.read();
    if (!waiting || isSending) return;
    clearTimeout(timer);
    // Meanwhile that much time may have passed.
    if (Date.now() - waiting.at > KEY_SAFE_MILLIS && !waiting.isConfirmed) {
      ask(waiting);
      return;
    }
    busy(true);
    const outcome = await post(waiting);
    busy(false);
    if (outcome.created) succeed(outcome.created);
    else if (outcome.later) wait(outcome.later);
    else await refuse(outcome.problem, waiting);
  }

  /** One attempt: `created`, `problem`, or `later` with the reason to try again. */
  async function post({ key, body }) {
    let response;
    try {
      response = await fetch(service("api/tickets/crear"), {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept-Language": locale, "Idempotency-Key": key },
        body,
      });
    } catch {
      return { later: { text: texts.offline, seconds: RETRY_SECONDS } };
    }
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) return { created: answer };
    const isForLater = response.status >= 500 || [408, 409, 429].includes(response.status) || response.ok;
    if (!isForLater) return { problem: answer ?? { detail: texts.failed } };
    const seconds = Number(response.headers.get("Retry-After")) || RETRY_SECONDS;
    return { later: { text: fill(texts.waiting, { reason: answer?.detail ?? "" }), seconds } };
  }

  function succeed(created, note = null) {
    kept.forget();
    draft.forget();
    clearTimeout(timer);
    clearInterval(ticking);
    const card = byId("created").content.cloneNode(true);
    const slot = (name) => card.querySelector(`[data-slot=${name}]`);
    slot("label").textContent = created.ticketLabel;
    slot("value").value = created.ticketLabel;
    if (note) {
      slot("note").textContent = note;
      slot("note").hidden = false;
    }
    if (created.fechaLimiteSla) slot("due").querySelector("time").dateTime = created.fechaLimiteSla;
    else slot("due").remove();
    const main = byId("main");
    main.replaceChildren(card);
    localiseTimes(main);
    enableCopy(main);
    document.title = `${created.ticketLabel} · ${document.title}`;
    window.scrollTo(0, 0);
    byId("created-title").focus();
  }

  async function refuse(problem, sent) {
    if (problem.code === "idempotency-key-reused") {
      // An earlier version arrived after all: it is that one's label that the person waits for.
      const earlier = current.tried && (await post({ key: sent.key, body: current.tried }));
      if (earlier?.created) {
        succeed(earlier.created, texts.earlier);
        return;
      }
      current.key = freshKey();
      current.tried = null;
    }
    kept.forget();
    save();
    hush();
    if (problem.errors?.length) show({ issues: problem.errors });
    else show({ general: problem.code === "idempotency-key-reused" ? texts.reused : problem.detail });
  }

  // ---- Waiting to send

  function wait({ text, seconds }) {
    tell(text, [
      [texts.send_now, send],
      [texts.edit, edit],
    ]);
    timer = setTimeout(send, seconds * 1000);
  }

  function ask(waiting) {
    tell(fill(texts.stale, { when: when(waiting.at) }), [
      [texts.send_now, () => { kept.write({ ...waiting, isConfirmed: true }); send(); }],
      [texts.edit, edit],
      [texts.discard, startOver],
    ]);
  }

  /** Back to the form. The request may have arrived, so that the key stays and what was sent with it is remembered. */
  function edit() {
    clearTimeout(timer);
    const waiting = kept.read();
    if (waiting) current = { ...current, key: waiting.key, tried: waiting.body };
    kept.forget();
    save();
    hush();
    controls[0].focus();
  }

  function tell(text, actions) {
    // Said once, not with every attempt.
    if (!notice.hidden && notice.firstChild.textContent === text) return;
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    const row = document.createElement("div");
    row.className = "actions";
    for (const [name, action] of actions) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = row.childElementCount ? "button quiet" : "button";
      button.textContent = name;
      button.addEventListener("click", action);
      row.append(button);
    }
    const isNew = notice.hidden;
    notice.hidden = false;
    notice.replaceChildren(paragraph, row);
    form.inert = true;
    if (isNew) notice.scrollIntoView({ block: "center" });
    if (isNew) row.firstChild.focus({ preventScroll: true });
  }

  function hush() {
    form.inert = false;
    notice.hidden = true;
    notice.replaceChildren();
  }

  function busy(is) {
    isSending = is;
    submit.setAttribute("aria-disabled", String(is));
    submit.textContent = is ? texts.sending : submitText;
    for (const button of notice.querySelectorAll("button")) button.disabled = is;
  }

  window.addEventListener("online", () => send());

  // ---- Beginning

  again.addEventListener("click", startOver);
  const waiting = kept.read();
  const stored = draft.read();
  if (form.hasAttribute("data-sent")) {
    // Sent without this script and refused: what stands there is newer than any draft.
    current.key = form.elements.clave.value;
  } else if (waiting) {
    current.key = waiting.key;
    fillIn(JSON.parse(waiting.body));
    send();
  } else if (stored) {
    current = stored;
    fillIn(stored.values);
    if (Object.keys(stored.values).length) announce(texts.restored);
  }
  for (const control of controls) count(control);
  save();
  loadValidator().then((loaded) => {
    validator = loaded;
    refresh();
    document.documentElement.dataset.checks = loaded ? "browser" : "server";
  });
}
