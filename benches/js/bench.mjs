// ticketing-wasm beside other validators, in node and in Chromium. See ../README.md.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { access, appendFile, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { brotliCompressSync, constants } from "node:zlib";

import { build } from "esbuild";
import { chromium } from "playwright-core";

import { contestants } from "./contestants/index.mjs";
import { judge, measure, median } from "./measure.mjs";

const { values: { once } } = parseArgs({ options: { once: { type: "boolean", default: false } } });
// Turns are shorter than what a scheduler gives a process at once: where the machine is busy, most of them are undisturbed,
// and the median is of those.
const options = once ? { rounds: 1, milliseconds: 1, warmUp: 1 } : { rounds: 101, milliseconds: 4, warmUp: 200 };
const starts = once ? 1 : 15;

const here = fileURLToPath(new URL("./", import.meta.url));
const pkg = new URL("../../ticketing-wasm/pkg/", import.meta.url);
const inPackage = (name) => fileURLToPath(new URL(name, pkg));
await access(pkg).catch(() => assert.fail(`build the package first: ${fileURLToPath(pkg)} is not there`));

/** One script of an entry point and all that it needs, as a site would send it. */
async function bundle(entry) {
  const { outputFiles: [file] } = await build({
    ...entry,
    absWorkingDir: here,
    alias: { "ticketing-wasm": inPackage("index.js") },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
  });
  return file.contents;
}

async function sizes() {
  const compressed = (octets) =>
    brotliCompressSync(octets, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: octets.length } }).length;
  const wasm = compressed(await readFile(inPackage("ticketing_wasm_bg.wasm")));
  // Nobody else binds forms, so that is left out of ours.
  const contents = 'export { createValidator, init } from "ticketing-wasm";';
  const script = compressed(await bundle({ stdin: { contents, resolveDir: here } }));
  const sizes = [{ name: "ours", octets: wasm + script, note: `${wasm} of them wasm` }];
  for (const name of ["zod", "yup", "ajv", "valibot", "arktype"]) {
    sizes.push({ name, octets: compressed(await bundle({ entryPoints: [`./contestants/${name}.mjs`] })), note: "" });
  }
  return sizes;
}

async function inNode() {
  const ticketing = await import(new URL("node.js", pkg));
  const all = await contestants(ticketing);
  judge(all);
  const rows = measure(all, options);
  const script = `const { firstVerdict } = await import(${JSON.stringify(new URL("measure.mjs", import.meta.url).href)});
    console.log(await firstVerdict(await import(${JSON.stringify(new URL("node.js", pkg).href)})));`;
  const first = [];
  for (let start = 0; start < starts; start++) {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
    first.push(Number(stdout));
  }
  return { where: `node ${process.versions.node}`, rows, first: median(first) };
}

async function inChromium() {
  const files = new Map([
    ["/", ["text/html", "<!doctype html><title>Benchmark</title>"]],
    ["/browser.js", ["text/javascript", await bundle({ entryPoints: ["./browser.mjs"] })]],
    ["/first.js", ["text/javascript", await bundle({ entryPoints: ["./first.mjs"] })]],
    ["/ticketing_wasm_bg.wasm", ["application/wasm", await readFile(inPackage("ticketing_wasm_bg.wasm"))]],
  ]);
  const headers = {
    // What is kept from one page to the next would make starts look quicker than a visitor's first.
    "Cache-Control": "no-store",
    // Clocks are too coarse for short turns in a page that is not isolated.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  };
  const server = createServer(({ url }, answer) => {
    const [type, body] = files.get(url) ?? [];
    answer.writeHead(body ? 200 : 404, { "Content-Type": type ?? "text/plain", ...headers }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({
    executablePath: process.env.TICKETING_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    const run = async (script, options) => {
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        await page.goto(`http://127.0.0.1:${server.address().port}/`);
        return await page.evaluate(async ([script, options]) => (await import(script)).run(options), [script, options]);
      } finally {
        await context.close();
      }
    };
    const rows = await run("/browser.js", options);
    const first = [];
    for (let start = 0; start < starts; start++) first.push(await run("/first.js"));
    return { where: `Chromium ${browser.version()}`, rows, first: median(first) };
  } finally {
    await browser.close();
    server.close();
  }
}

const cells = (...cells) => console.log(`| ${cells.join(" | ")} |`);

function print({ where, rows, first }) {
  const names = rows[0].contestants.map(({ name }) => name);
  console.log(`\n## ${where}\n`);
  cells("ns per call (times ours)", ...names);
  cells("---", ...names.map(() => "--:"));
  for (const { what, contestants } of rows) {
    const figures = contestants.map(({ ns, ratio }, index) => ns.toFixed(0) + (index ? ` (${ratio.toFixed(2)})` : ""));
    cells(what, ...names.map((_, index) => figures[index] ?? ""));
  }
  console.log(`\nFrom \`init\` to the first verdict: ${first.toFixed(1)} ms\n`);
  const of = (what, name) => rows.find((row) => row.what === what).contestants.find((one) => one.name === name);
  const target = (kept, text) => console.log(`- ${kept ? "kept  " : "missed"}  ${text}`);
  target(of("invalid", "zod").ratio > 1, "every field wrong, with messages: faster than zod");
  target(of("valid", "yup").ratio > 1 && of("invalid", "yup").ratio > 1, "valid and invalid: faster than yup");
  target(of("valid", "zod").ratio * 2.5 >= 1, `valid: at most 2.5 times zod's time; it is ${(1 / of("valid", "zod").ratio).toFixed(2)} times`);
  target(of("field, valid", "ours").ns < 1000 && of("field, typed", "ours").ns < 1000, "one field: less than 1 µs");
  target(first < 20, "from `init` to the first verdict: less than 20 ms");
}

/** The figures as `cargo xtask bench` collects them: what the Rust benchmarks write with `record.rs`. */
function* figures({ where, rows, first }) {
  const [environment] = where.toLowerCase().split(" ");
  const digits = (value) => Number(value.toPrecision(4));
  const of = (id, name, unit, value) => ({ id: `${environment}-${id}`, name: `${name}, ${where}`, unit, value: digits(value) });
  const atMost = (figure, most) => ({ ...figure, aim: `≤ ${most} ${figure.unit}`, kept: figure.value <= most });
  // A form that was refused is one, too. Rates, so that more is better, as everywhere.
  const aims = { "valid zod": 0.4, "invalid zod": 1, "valid yup": 1, "invalid yup": 1 };
  for (const { what, contestants: [ours, ...others] } of rows) {
    if (!others.length) {
      const id = what.replaceAll(/[ ,]+/g, "-");
      yield atMost(of(id, `${what}, one check`, "ns", ours.ns), 1000);
    }
    for (const { name, ns, ratio } of others) {
      const figure = of(`${what}-${name}`, `${what} form`, "forms/s", 1e9 / ours.ns);
      const beside = { ...figure, peer: name, peer_value: digits(1e9 / ns), ratio: digits(ratio) };
      const least = aims[`${what} ${name}`];
      yield least ? { ...beside, aim: `≥ ${least} ×`, kept: ratio >= least } : beside;
    }
  }
  yield atMost(of("first", "from `init` to the first verdict", "ms", first), 20);
}

// A figure never fails the run; a verdict that differs does.
const environments = [await inNode(), await inChromium()];
if (once) {
  console.log("Everybody accepts and refuses the same forms, in node and in Chromium.");
} else {
  environments.forEach(print);
}
const code = await sizes();
if (process.env.TICKETING_FIGURES && !once) {
  const [ours, ...others] = code;
  const lines = environments.flatMap((environment) => [...figures(environment)]);
  for (const { name, octets } of others) {
    const [value, peer_value] = [ours.octets, octets];
    lines.push({ id: `code-${name}`, name: "code, minified and brotli", unit: "octets", value, peer: name, peer_value, ratio: Number((value / octets).toPrecision(4)) });
  }
  await appendFile(process.env.TICKETING_FIGURES, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
console.log("\n## Code\n");
cells("octets, minified and brotli", "", "");
cells("---", "--:", "---");
for (const { name, octets, note } of code) cells(name, octets, note);
