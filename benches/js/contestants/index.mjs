// Each has `validate`, which is timed and leaves field and message of everything wrong ready to be read, and `problems`, which
// reads them: pairs of field and message.

import ajv from "./ajv.mjs";
import arktype from "./arktype.mjs";
import ours from "./ours.mjs";
import valibot from "./valibot.mjs";
import yup from "./yup.mjs";
import zod from "./zod.mjs";

export const contestants = async (ticketing) => [await ours(ticketing), zod, yup, ajv, valibot, arktype];
