// A server as the examples expect it: their files, and as much of the API as a form needs. The rules are the package's own.

import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { json } from "node:stream/consumers";

import { createValidator, init } from "ticketing-wasm";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };
/** As strict as the package allows, so that the examples can be copied to sites that are. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; img-src 'self'";

await init();

/** Serves `site`, a function from a path to a file. What came to the API is in `requests`, and tests set the rest. */
export async function serve(site) {
  const state = { requests: [], rules: null, isLosingAnswers: false };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://x");
    const answer = (status, type, body) => {
      response.writeHead(status, { "Content-Type": type, "Content-Security-Policy": POLICY }).end(JSON.stringify(body));
    };
    if (pathname === "/api/reglas") {
      if (state.rules) answer(200, "application/json", state.rules);
      else answer(404, "application/problem+json", { status: 404, code: "not-found", detail: "No existe." });
    } else if (pathname === "/api/tickets/crear" && request.method === "POST") {
      const body = await json(request);
      state.requests.push({ key: request.headers["idempotency-key"], body });
      if (state.isLosingAnswers) return request.socket.destroy();
      const errors = check(body, state.rules);
      // Long enough for a second click.
      await new Promise((done) => setTimeout(done, 100));
      if (!errors.length) return answer(201, "application/json", { ticketLabel: "TKT-2026-00042" });
      const detail = errors.map(({ field, message }) => `${field}: ${message}`).join(" ");
      answer(422, "application/problem+json", { status: 422, code: "invalid", detail, errors });
    } else {
      const file = site(pathname === "/" ? "/index.html" : pathname);
      const stream = createReadStream(file);
      stream.on("error", () => response.writeHead(404).end());
      stream.on("open", () => {
        response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "text/plain", "Content-Security-Policy": POLICY });
        stream.pipe(response);
      });
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { state, origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** What is wrong with a body. Of categories, the server knows more than the rules say. */
function check(body, rules) {
  const { issues = [] } = createValidator(rules ?? undefined).validate(body);
  if (body.categoria !== "Nada") return issues;
  return [...issues, { field: "categoria", code: "unknown-value", message: "No hay tal categoría.", params: { allowed: [] } }];
}

/** A directory's files; what begins with `prefix`, if there is one, is in another. */
export const files = (directory, prefix, other) => (path) =>
  prefix && path.startsWith(prefix) ? join(other, path.slice(prefix.length)) : join(directory, path);
