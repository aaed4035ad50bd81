// Users: who may log in, as what.

import "./texts-later.js";
import { html, nothing } from "./lit.js";
import { areas } from "./act.js";
import { get, send } from "./api.js";
import * as dialog from "./dialog.js";
import { t } from "./page.js";
import { List, attempt, edit, page } from "./table.js";

const users = new List(() => get("api/auth/users"));
export const enter = () => users.load();

const ROLES = ["ADMIN", "MESA", "AREA", "USUARIO"];
const fields = (user) => [
  { name: "nombre", label: t("fact.nombre"), value: user?.nombre ?? "" },
  { name: "email", label: t("fact.email"), kind: "email", value: user?.email ?? "" },
  { name: "rol", label: t("users.role"), kind: "select", value: user?.rol ?? "MESA", options: ROLES.map((rol) => [rol, t(`rol.${rol}`)]) },
  { name: "area", label: t("fact.area"), value: user?.area ?? "", help: t("users.area.help", { areas: areas().join(", ") }) },
  { name: "telefono", label: t("fact.telefono"), kind: "tel", value: user?.telefono ?? "" },
  { name: "password", label: t(user ? "users.password.new" : "login.password"), kind: "password", autocomplete: "new-password", help: user ? t("users.password.help") : "" },
];

const create = () => edit({
  title: t("users.new"), fields: fields(null), action: t("users.create"),
  async perform(values) {
    await send("POST", "api/auth/users", given(values));
    await users.load();
  },
});

const change = (user) => edit({
  title: user.nombre, fields: [...fields(user), { name: "is_active", label: t("users.active"), kind: "check", value: user.is_active }], action: t("save"),
  async perform(values) {
    const { password, ...rest } = values;
    const body = { ...rest, area: rest.area || null, telefono: rest.telefono || null, ...(password ? { password } : {}) };
    await send("PATCH", `api/auth/users/${user.id}`, body);
    await users.load();
  },
});

const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));

const remove = (user) => dialog.confirm(t("users.delete"), t("users.delete.text", { name: user.nombre }), t("delete"), async () => {
  await attempt(() => send("DELETE", `api/auth/users/${user.id}`), t("users.deleted"));
  await users.load();
});

export const view = () => page(t("nav.usuarios"), t("users.lead"), html`<button class="button" @click=${create}>${t("users.new")}</button>`,
  users.view([t("fact.nombre"), t("fact.email"), t("users.role"), t("fact.area"), t("state"), t("do")], (user) => html`
    <tr class=${user.is_active ? "" : "off"}>
      <th scope="row">${user.nombre}</th><td>${user.email}</td><td>${t(`rol.${user.rol}`)}</td><td>${user.area ?? "–"}</td>
      <td><span class="state ${user.is_active ? "CUMPLIDO" : ""}">${t(user.is_active ? "active" : "inactive")}</span></td>
      <td class="do"><button class="button small secondary" aria-label=${t("edit.one", { name: user.nombre })} @click=${() => change(user)}>${t("edit")}</button>
        <button class="button small quiet" aria-label=${t("delete.one", { name: user.nombre })} @click=${() => remove(user)}>${t("delete")}</button></td>
    </tr>`, nothing));
