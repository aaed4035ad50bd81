// What the console's tests share: people with accounts, ten thousand tickets, and a line to the server that can be cut.

import assert from "node:assert/strict";
import net from "node:net";

import { somebody, url, visit } from "../desk.js";

/** The first administrator, whom the server has made from these variables or the command line. */
const ADMIN = { email: process.env.TICKETING_ADMIN_EMAIL, password: process.env.TICKETING_ADMIN_PASSWORD };
assert.ok(ADMIN.email && ADMIN.password, "TICKETING_ADMIN_EMAIL and TICKETING_ADMIN_PASSWORD must say who is an administrator");

export const PASSWORD = "contraseña-de-prueba";
export const TICKETS = 10_000;

/** Asks the API, as somebody. */
export async function api(path, { token, method = "GET", body, headers = {}, status } = {}) {
  const response = await fetch(url + path, {
    method,
    headers: { ...headers, ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  const answer = response.status === 204 ? null : await response.json();
  if (status) assert.equal(response.status, status, JSON.stringify(answer));
  else assert.ok(response.ok, `${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

export const login = async ({ email, password = PASSWORD }) => (await api("/api/auth/login", { method: "POST", body: { email, password } })).access_token;

let adminToken;
export const admin = async () => (adminToken ??= await login(ADMIN));

let people = 0;
/** Somebody new, who may log in. */
export async function colleague(rol = "MESA", more = {}) {
  const number = `${process.pid}-${(people += 1)}`;
  const user = { email: `agente.${number}@example.com`, nombre: `${["Laura", "Carlos", "Inés", "Marta"][people % 4]} ${number}`, rol, ...more };
  const { id } = await api("/api/auth/users", { token: await admin(), method: "POST", body: { ...user, password: PASSWORD } });
  return { ...user, id };
}

const SUBJECTS = [
  "No puedo acceder a mi correo corporativo", "La impresora del piso 3 no responde", "La VPN se desconecta cada diez minutos",
  "Solicitud de acceso a la carpeta de Contabilidad", "Error 500 al guardar una factura", "El teléfono de la recepción no timbra",
  "Instalación de AutoCAD 2026", "Lentitud en la red del almacén", "Alta de usuario para nuevo colaborador",
];
const NAMES = ["Ana García", "Luis Pérez", "Camila Torres", "Jorge Ramírez", "Valentina Ruiz", "Andrés Castro", "Sofía Herrera"];

/** A ticket, and what it is. */
export async function ticket(more = {}, number = Math.floor(Math.random() * 1e6)) {
  const body = {
    ...somebody(), tipo: ["INCIDENTE", "SOLICITUD", "CONSULTA"][number % 3], prioridad: ["ALTA", "MEDIA", "BAJA", "CRITICA", "MEDIA"][number % 5],
    asunto: SUBJECTS[number % SUBJECTS.length], nombre: NAMES[number % NAMES.length],
    areaAsignada: ["MESA", "SISTEMAS", "REDES", "INFRAESTRUCTURA"][number % 4], ...more,
  };
  const { ticketUuid, ticketLabel } = await api("/api/tickets/crear", { method: "POST", body });
  return { uuid: ticketUuid, label: ticketLabel, ...body };
}

/** As many as a desk has; those that are missing are made. */
export async function fill() {
  const { total } = await api("/api/tickets/totales", { token: await admin() });
  let next = total;
  await Promise.all(Array.from({ length: 48 }, async () => {
    while (next < TICKETS) await ticket({}, (next += 1));
  }));
}

/** Does something with each of a list, many at a time. */
export async function each(list, act, atOnce = 48) {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < list.length) await act(list[next++]);
  }));
}

/** Somebody's browser, in which they have logged in. */
export async function enter(t, who, { hash = "", at, ...options } = {}) {
  const page = await visit(t, `/consola${hash}`, { ...options, javaScriptEnabled: true, plain: true, at });
  await page.locator("input[name=email]").fill(who.email);
  await page.locator("input[name=password]").fill(who.password ?? PASSWORD);
  await page.getByRole("button", { name: /^Iniciar ses|^Log in/ }).click();
  await page.waitForSelector(".top, main.login h1");
  return page;
}

export const asAdmin = (t, options) => enter(t, ADMIN, options);

/** Holds a check again until it holds: what somebody did is drawn with the next frame. */
export async function soon(check, patience = 10_000) {
  for (const until = Date.now() + patience; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

/** The same for what is read in one place. */
export const reads = (locator, expected) => soon(async () => {
  const text = await locator.textContent();
  expected instanceof RegExp ? assert.match(text, expected) : assert.equal(text, expected);
});

/** And for what is read in several. */
export const readsAll = (locator, expected) => soon(async () => assert.deepEqual(await locator.allTextContents(), expected));

/** Which view the address names: the page itself is asked, since what drives the browser hears of it later. */
export const address = (page) => page.evaluate(() => location.hash);

/** Waits until what is shown is the queue, with something in it. */
export const rows = (page) => page.waitForSelector(".ticket-row");

/** Fills a dialog's fields, and sends it. */
export async function answer(page, values, { stays = false } = {}) {
  const dialog = page.locator("dialog.modal[open]");
  for (const [name, value] of Object.entries(values)) {
    const control = dialog.locator(`[name=${name}]`);
    if (await control.evaluate((element) => element.matches("select"))) await control.selectOption(value);
    else await control.fill(value);
  }
  await dialog.locator("footer .button").last().click();
  if (!stays) await dialog.waitFor({ state: "detached" });
}

/** A line to the server: real connections, which can be cut and held off. */
export async function line(t) {
  const target = new URL(url);
  const open = new Set();
  let isCut = false, isDeaf = false, held = null;
  const server = net.createServer((client) => {
    if (isCut) return client.destroy();
    const upstream = net.connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    let isStream = false;
    upstream.on("data", (octets) => {
      isStream ||= octets.includes("text/event-stream");
      if (isDeaf && !isStream) client.destroy();
      else if (held && isStream) held.push([client, octets]);
      else client.write(octets);
    });
    upstream.on("end", () => client.end());
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    /** Takes what is sent to the server, and loses what it answers. */
    deafen: () => (isDeaf = true),
    mend() {
      isCut = isDeaf = false;
    },
    /** Keeps back what streams tell. */
    hold: () => (held = []),
    /** How many events are kept back. */
    held: () => Buffer.concat(held.map(([, part]) => part)).toString().split("event: ticket\n").length - 1,
    /** Hands it on within a time, evenly. */
    async release(millis) {
      const kept = held, [client] = kept[0], octets = Buffer.concat(kept.map(([, part]) => part));
      const slices = Math.ceil(millis / 20), size = Math.ceil(octets.length / slices);
      const begin = performance.now();
      for (let slice = 0; slice < slices; slice += 1) {
        client.write(octets.subarray(slice * size, (slice + 1) * size));
        await new Promise((resume) => setTimeout(resume, Math.max(0, begin + (slice + 1) * 20 - performance.now())));
      }
      held = null;
    },
  };
}
