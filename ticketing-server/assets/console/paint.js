// When the page is drawn: once a frame at most, however much has happened since the last one.

import { render } from "./lit.js";

const root = document.getElementById("app");
let view, due = false;
const after = new Set();

/** What is drawn from now on. */
export function draws(template) {
  view = template;
  root.replaceChildren();
}

/** Something has changed. */
export function refresh() {
  if (due || !view) return;
  due = true;
  requestAnimationFrame(paint);
}

function paint() {
  due = false;
  render(view(), root);
  for (const act of after) {
    after.delete(act);
    act();
  }
}

/** Does something once what has changed is drawn, such as moving the focus there. */
export function afterwards(act) {
  after.add(act);
  refresh();
}
