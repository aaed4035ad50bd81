// The desk's console: who is logged in, where in it they are, and the frame around that.

import { html, nothing } from "./lit.js";
import { agentList } from "./act.js";
import { load, refreshRules } from "./core.js";
import * as dialog from "./dialog.js";
import { pickOffered } from "./filters.js";
import * as keys from "./keys.js";
import { languages, loginAgain, loginPage, strangerPage } from "./login.js";
import { notices } from "./notice.js";
import { t } from "./page.js";
import { afterwards, draws, refresh } from "./paint.js";
import * as queue from "./queue.js";
import { end, isAdmin, isStaff, session } from "./session.js";
import { follow, stream } from "./stream.js";
import { knows, queue as list } from "./tickets.js";

/** Pages that are fetched when somebody goes there: what is after `#/`, its script, who may. */
const PAGES = {
  tickets: { load: () => import("./ticket.js"), may: isStaff },
  tablero: { load: () => import("./dashboard.js"), may: isStaff },
  nuevo: { load: () => import("./new.js"), may: isStaff },
  usuarios: { load: () => import("./users.js"), may: isAdmin },
  tokens: { load: () => import("./tokens.js"), may: isAdmin },
  webhooks: { load: () => import("./webhooks.js"), may: isAdmin },
  reglas: { load: () => import("./rules-page.js"), may: isAdmin },
};

const place = { name: "", view: () => nothing };

async function go() {
  const [path, asked] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id] = path.split("/"), parameters = new URLSearchParams(asked);
  dialog.isOpen() && dialog.close();
  keys.bind([]);
  place.name = name;
  const page = id || name !== "tickets" ? PAGES[name] : undefined;
  if (!page) {
    place.name = "";
    place.view = queue.queueView;
    queue.enter(parameters);
  } else if (!page.may()) {
    place.view = forbidden;
  } else {
    place.view = () => html`<main class="blank" id="main" aria-busy="true"><p class="muted">${t("loading")}</p></main>`;
    refresh();
    try {
      const module = await page.load();
      if (place.name !== name) return;
      place.view = module.view;
      // A ticket has its own title and place for the focus.
      if (module.enter(id, parameters) === "own") return;
    } catch (error) {
      console.error(error);
      place.view = () => html`<main class="blank" id="main"><h1>${t("page.failed")}</h1><button class="button" @click=${go}>${t("again")}</button></main>`;
    }
  }
  document.title = `${t(`nav.${place.name || "tickets"}`)} · ${t("app.name")}`;
  afterwards(() => place.name && document.querySelector("main h1")?.focus());
}

const forbidden = () => html`<main class="blank" id="main"><h1 tabindex="-1">${t("forbidden.title")}</h1><p>${t("forbidden.text")}</p><a class="button secondary" href="#/">${t("ticket.back")}</a></main>`;

const link = (name, path) => html`<a href="#/${path}" aria-current=${place.name === path ? "page" : nothing}>${t(`nav.${name}`)}</a>`;

const shell = () => html`
  <a class="skip" href="#main" @click=${(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>${t("skip")}</a>
  <header class="top">
    <a class="brand" href="#/"><img src=${new URL("../icon.svg", import.meta.url).href} alt="" width="26" height="26"><span>${t("app.name")}</span></a>
    <nav aria-label=${t("nav.title")}>
      ${link("tickets", "")}${link("tablero", "tablero")}
      ${isAdmin() ? html`${link("usuarios", "usuarios")}${link("tokens", "tokens")}${link("webhooks", "webhooks")}${link("reglas", "reglas")}` : nothing}
    </nav>
    <span class="live ${stream.state}" title=${t(`live.${stream.state}.text`)}><span class="dot"></span><span class="live-text">${t(`live.${stream.state}`)}</span></span>
    <a class="button small" href="#/nuevo">${t("nav.nuevo")}</a>
    <button class="icon" aria-label=${t("keys.title")} title="?" @click=${keys.help}>?</button>
    <button class="icon who" title=${session.user.nombre} @click=${account}><span aria-hidden="true">${initials(session.user.nombre)}</span><span class="visually-hidden">${t("account", { name: session.user.nombre })}</span></button>
  </header>
  ${stream.state === "offline" ? html`<p class="banner" role="status">${t("live.offline.banner")}</p>` : nothing}
  ${place.view()}`;

const initials = (name) => name.split(/\s+/).slice(0, 2).map((word) => word[0]?.toUpperCase()).join("");

const account = () => dialog.show({
  title: session.user.nombre,
  body: () => html`<p class="muted">${session.user.email} · ${t(`rol.${session.user.rol}`)}${session.user.area ? ` · ${session.user.area}` : ""}</p>
    <p class="muted">${t("language")}</p>${languages()}
    <footer><button class="button secondary" @click=${end}>${t("logout")}</button></footer>`,
});

keys.everywhere([
  { keys: ["?"], text: t("keys.help"), run: keys.help },
  { keys: ["g q"], text: t("nav.tickets"), run: () => (location.hash = "#/") },
  { keys: ["g d"], text: t("nav.tablero"), run: () => (location.hash = "#/tablero") },
  { keys: ["g m"], text: t("view.mine"), run: () => { location.hash = "#/"; pickOffered(1); } },
  { keys: ["g v"], text: t("view.overdue"), run: () => { location.hash = "#/"; pickOffered(4); } },
  ...["usuarios", "tokens", "webhooks", "reglas"].map((name, index) => ({ keys: [`g ${"utwr"[index]}`], text: isAdmin() ? t(`nav.${name}`) : "", run: () => isAdmin() && (location.hash = `#/${name}`) })),
  { keys: ["+"], text: t("nav.nuevo"), run: () => (location.hash = "#/nuevo") },
]);

/** When the queue's first page is there, or another page is what was asked for. */
function whenShown(act) {
  if (list.isLoading && list.rows.length === 0) setTimeout(whenShown, 20, act);
  else act();
}

let isRunning = false;
function run() {
  if (isRunning) return;
  isRunning = true;
  addEventListener("hashchange", go);
  go();
  follow();
  // First what waits; then what may be done with it.
  whenShown(() => {
    load();
    agentList().then(knows, () => {});
    setTimeout(() => import("./ticket.js"), 2_000);
  });
  // Rules that an administrator has changed are known within minutes; deadlines come from the server all the same.
  setInterval(() => refreshRules().catch(() => {}), 300_000);
  // One timer for all clocks: what is drawn are the rows on the screen.
  setInterval(() => document.hidden || refresh(), 1_000);
}

// At once, and not when the frame is drawn: what is asked for first is there first.
if (isStaff()) run();

draws(() => {
  if (!session.user) return loginPage();
  if (!isStaff()) return html`${strangerPage()}${notices()}`;
  if (!isRunning) queueMicrotask(run);
  return html`${shell()}${dialog.dialog()}${loginAgain()}${notices()}`;
});
refresh();
