// Logging in: a page of its own at first, and a dialog over the page where the session has ended. What stands on the page stays there.

import { html, nothing, ref } from "./lit.js";
import { ask } from "./api.js";
import { locale, chooseLocale, service, t } from "./page.js";
import { refresh } from "./paint.js";
import { begin, end, session } from "./session.js";

const form = { email: "", problem: null, isBusy: false };

async function submit(event) {
  event.preventDefault();
  if (form.isBusy) return;
  const { email, password } = event.target.elements;
  Object.assign(form, { isBusy: true, problem: null, email: email.value });
  refresh();
  try {
    const { body } = await ask("api/auth/login", { method: "POST", anonymous: true, body: { email: email.value, password: password.value } });
    begin(body);
  } catch (error) {
    form.problem = error.retryAfter ? `${error.message} (${error.retryAfter} s)` : error.message;
    password.value = "";
    password.focus();
  } finally {
    form.isBusy = false;
    refresh();
  }
}

const fields = (known) => html`
  <form class="stack" @submit=${submit}>
    ${form.problem ? html`<p class="problem" role="alert">${form.problem}</p>` : nothing}
    <label>${t("login.email")}
      <input name="email" type="email" autocomplete="username" required .value=${known ?? form.email} ?readonly=${Boolean(known)}></label>
    <label>${t("login.password")}
      <input name="password" type="password" autocomplete="current-password" required ?autofocus=${Boolean(known)}></label>
    <button class="button wide" aria-disabled=${form.isBusy}>${form.isBusy ? t("login.busy") : t("login.go")}</button>
  </form>`;

export const languages = () => html`
  <nav class="languages" aria-label=${t("language")}>${[["es", "Español"], ["en", "English"], ["pt", "Português"]].map(([tag, name]) => html`
    <button class="link" lang=${tag} aria-pressed=${tag === locale} @click=${() => chooseLocale(tag)}>${name}</button>`)}</nav>`;

export const loginPage = () => html`
  <main class="login" id="main">
    <div class="card">
      <img src=${new URL("../icon.svg", import.meta.url).href} alt="" width="44" height="44">
      <h1>${t("app.name")}</h1>
      <p class="muted">${t("login.lead")}</p>
      ${fields()}
    </div>
    ${languages()}
    <p><a href=${service("")}>${t("login.public")}</a></p>
  </main>`;

/** Over the page, where the session is over. */
export const loginAgain = () => !session.isOver ? nothing : html`
  <dialog class="modal over" aria-labelledby="over-title" @cancel=${(event) => event.preventDefault()}
    ${ref((element) => element && queueMicrotask(() => element.isConnected && !element.open && element.showModal()))}>
    <header><h2 id="over-title">${t("login.over")}</h2></header>
    <p class="muted">${t("login.over.kept")}</p>
    ${fields(session.user?.email)}
    <footer><button class="button quiet" @click=${end}>${t("login.other")}</button></footer>
  </dialog>`;

/** Somebody who may log in and has nothing to do here. */
export const strangerPage = () => html`
  <main class="login" id="main">
    <div class="card">
      <h1>${t("stranger.title")}</h1>
      <p>${t("stranger.text", { name: session.user.nombre })}</p>
      <p><a class="button" href=${service("consulta")}>${t("stranger.go")}</a></p>
      <button class="button quiet" @click=${end}>${t("logout")}</button>
    </div>
  </main>`;
