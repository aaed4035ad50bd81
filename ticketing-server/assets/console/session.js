// Who is logged in. The token lies in the tab's own storage: it survives a reload, ends with the tab, and no other tab, window or
// request has it unasked, as a cookie would be. A script that ran in this page could read it there – and could as well ask with it
// were it in memory alone; against that stand the page's policy and templates, which let no text become markup.

import { refresh } from "./paint.js";

const KEY = "ticketing.console.session";

export const session = {
  token: null,
  user: null,
  /** The session is over, and what is on the page waits for another one. */
  isOver: false,
};
/** Those who wait for a session. */
let waiting = [];

try {
  const kept = JSON.parse(sessionStorage.getItem(KEY));
  if (kept && expiry(kept.token) > Date.now()) Object.assign(session, kept);
} catch {
  sessionStorage.removeItem(KEY);
}

/** When a token ends by itself, in milliseconds; the server may end it before. */
export function expiry(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).exp * 1000;
  } catch {
    return 0;
  }
}

export function begin({ access_token: token, user }) {
  const other = session.user && session.user.id !== user.id;
  Object.assign(session, { token, user, isOver: false });
  sessionStorage.setItem(KEY, JSON.stringify({ token, user }));
  // What lies on the page is somebody else's.
  if (other) return location.reload();
  for (const resume of waiting.splice(0)) resume();
  refresh();
}

export function end() {
  sessionStorage.removeItem(KEY);
  location.hash = "";
  location.reload();
}

/** Waits until there is another session than the one of a token that was refused. */
export function renewed(refused) {
  if (session.token && session.token !== refused) return Promise.resolve();
  session.isOver = true;
  refresh();
  return new Promise((resume) => waiting.push(resume));
}

export const isAdmin = () => session.user?.rol === "ADMIN";
export const isStaff = () => ["ADMIN", "MESA", "AREA"].includes(session.user?.rol);
