// What is asked of the service, as whoever is logged in.

import { locale, service, t } from "./page.js";
import { renewed, session } from "./session.js";

/** The service has said no: problem+json, or the integration dialect's errors. */
export class Problem extends Error {
  constructor(status, body, headers) {
    super(body?.detail ?? body?.details?.[0]?.message ?? body?.message ?? t("error.status", { status }));
    this.status = status;
    this.code = body?.code;
    this.allowed = body?.allowed;
    this.changes = body?.cambios;
    this.etag = headers?.get("etag");
    this.retryAfter = Number(headers?.get("retry-after")) || null;
    this.fields = new Map();
    for (const { field, message } of body?.errors ?? []) this.fields.set(field, message);
    for (const { path, message } of body?.details ?? []) if (path) this.fields.set(path.split(".")[0], message);
  }
}

/** Nothing came back. */
export class Offline extends Error {
  constructor() {
    super(t("error.offline"));
  }
}

/**
 * Asks. Where the session is over, the request waits for the next one, and whoever sent it knows nothing of that.
 *
 * @returns {Promise<{ body: any, etag: string | null, total: number | null, next: string | null }>}
 */
export async function ask(path, { method = "GET", body, etag, key, signal, anonymous = false } = {}) {
  for (;;) {
    const { token } = session;
    const headers = { "Accept-Language": locale, Accept: "application/json" };
    if (!anonymous) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (etag) headers["If-Match"] = etag;
    if (key) headers["Idempotency-Key"] = key;
    let response;
    try {
      response = await fetch(service(path), { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal, cache: "no-store" });
    } catch (error) {
      throw signal?.aborted ? error : new Offline();
    }
    if (response.status === 401 && !anonymous) {
      await renewed(token);
      continue;
    }
    const answer = response.status === 204 ? null : await response.json().catch(() => null);
    if (!response.ok) throw new Problem(response.status, answer, response.headers);
    const next = /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1] ?? null;
    const total = response.headers.get("x-total");
    return { body: answer, etag: response.headers.get("etag"), total: total === null ? null : Number(total), next: next?.replace(/^\//, "") ?? null };
  }
}

export const get = async (path, options) => (await ask(path, options)).body;
export const send = (method, path, body, options) => ask(path, { method, body, ...options });
