// The entry point for node, where the module is read from the disk.

import { readFile } from "node:fs/promises";

import { setDefaultSource } from "./desk.js";

setDefaultSource(() => readFile(new URL("./desk.wasm", import.meta.url)));

export {
  allowedActions, allowedStatuses, checkRules, explain, init, mayEdit, mayReply, readClock, statusAfter,
} from "./desk.js";
