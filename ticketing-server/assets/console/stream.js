// What happens at the desk, as it happens: server-sent events, read with fetch, because the token goes into a header and never into an
// address. A connection that breaks off is made again after the last event that came, so that none is missed and none comes twice.

import { locale, service } from "./page.js";
import { refresh } from "./paint.js";
import { renewed, session } from "./session.js";

/** A server that sends nothing for so long is not there: it sends something every 15 seconds. */
const SILENCE = 40_000;
const PAUSES = [1_000, 2_000, 5_000, 10_000, 20_000];

export const stream = { state: "connecting", events: 0 };
const listeners = new Set();
let last = null, failures = 0, wake = () => {};

export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(state) {
  if (stream.state === state) return;
  stream.state = state;
  refresh();
}

/** Follows what happens until the page ends. */
export async function follow() {
  addEventListener("online", () => wake());
  addEventListener("offline", () => become("offline"));
  for (;;) {
    const token = session.token;
    try {
      await read(token);
      // The server has ended it; perhaps it only goes down for a moment.
      failures = 0;
      become("connecting");
    } catch (error) {
      if (error.status === 401) {
        await renewed(token);
        continue;
      }
      failures += 1;
      become("offline");
    }
    await new Promise((resume) => {
      wake = resume;
      setTimeout(resume, PAUSES[Math.min(failures, PAUSES.length - 1)]);
    });
  }
}

async function read(token) {
  const giveUp = new AbortController();
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => giveUp.abort(), SILENCE);
  };
  heard();
  try {
    const headers = { Authorization: `Bearer ${token}`, "Accept-Language": locale };
    if (last !== null) headers["Last-Event-ID"] = last;
    const response = await fetch(service("api/eventos"), { headers, signal: giveUp.signal, cache: "no-store" });
    if (!response.ok) throw Object.assign(new Error(response.statusText), { status: response.status });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      failures = 0;
      become("live");
      const frames = (rest + value).split("\n\n");
      rest = frames.pop();
      for (const frame of frames) take(frame);
    }
  } finally {
    clearTimeout(silence);
    giveUp.abort();
  }
}

function take(frame) {
  let kind, data = "";
  for (const line of frame.split("\n")) {
    if (line.startsWith("id: ")) last = line.slice(4);
    else if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("data: ")) data = line.slice(6);
  }
  if (kind !== "ticket") return;
  stream.events += 1;
  const event = JSON.parse(data);
  for (const listener of listeners) listener(event);
}
