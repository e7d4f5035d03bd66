import type { PacketCase } from "./case.ts";
import { forward } from "./forward.ts";

/** The suite, by topic. */
export const CASES: Readonly<Record<string, readonly PacketCase[]>> = { forward };
