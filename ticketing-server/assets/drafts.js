// What this browser keeps between visits: the draft, and the request that waits to be sent. Both go once it is sent.

const DRAFT = "ticketing.draft";
const KEPT = "ticketing.kept";

/** A browser that keeps nothing (full, or forbidden to) still has the page as it is open. */
const memory = new Map();

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

function write(name, value) {
  memory.delete(name);
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    if (value !== null) memory.set(name, value);
  }
}

/** An idempotency key: of all requests with it, one makes a ticket. Also where there is no secure context. */
export const freshKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) => octet.toString(16).padStart(2, "0")).join("");

/** `{ key, values, tried }`. `tried`: the body that was sent with the key, where it is not known whether it arrived. */
export const draft = {
  read: () => read(DRAFT),
  write: (value) => write(DRAFT, value),
  forget: () => write(DRAFT, null),
};

/** `{ key, body, at }`: `at` is when it was first sent, in milliseconds. */
export const kept = {
  read: () => read(KEPT),
  write: (value) => write(KEPT, value),
  forget: () => write(KEPT, null),
};
