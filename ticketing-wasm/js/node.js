// The entry point for node, where the module is read from the disk.

import { readFile } from "node:fs/promises";

import { setDefaultSource } from "./index.js";

setDefaultSource(() => readFile(new URL("./ticketing_wasm_bg.wasm", import.meta.url)));

export { bindForm, createValidator, init, parseLabel } from "./index.js";
