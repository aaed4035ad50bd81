// The libraries that the console has, as npm has them: in one file each, with their licence. `node console/vendor.js lit d3` writes them.

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** Where a library lies among the console's files. */
export const place = (name) => path.join(here, `../../../assets/console/${name}.js`);

/** Says whose it is where its own files do not. */
const LICENCES = {
  d3: async () => `/*! Parts of D3 (https://d3js.org)\n${await readFile(path.join(path.dirname(require.resolve("d3-shape")), "../LICENSE"), "utf8")}*/`,
};

/** A library as it is to be. */
export async function bundled(name) {
  const { outputFiles } = await build({
    entryPoints: [path.join(here, `${name}.js`)], bundle: true, minify: true, format: "esm", target: "es2022", legalComments: "inline", write: false,
    banner: { js: (await LICENCES[name]?.()) ?? "" },
  });
  return outputFiles[0].contents;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of process.argv.slice(2)) await writeFile(place(name), await bundled(name));
}
