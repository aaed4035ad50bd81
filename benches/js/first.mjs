// A page, or a process, that only wants a first verdict.

import * as ticketing from "ticketing-wasm";

import { firstVerdict } from "./measure.mjs";

export const run = () => firstVerdict(ticketing);
