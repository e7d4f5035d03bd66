import { readFileSync } from "node:fs";
import { HyperionError } from "../../../model/errors.ts";

/** Numbers of linux/capability.h. CAP_SYS_ADMIN contains CAP_BPF and CAP_PERFMON. */
const CAP_NET_ADMIN = 12;
const CAP_SYS_ADMIN = 21;
const CAP_PERFMON = 38;
const CAP_BPF = 39;

/**
 * Throws E507 when this process may not do what the daemon is for. Asked before anything else, so
 * that whoever forgot sudo hears of that and not of a directory that cannot be written.
 */
export function demandPrivileges(status = readFileSync("/proc/self/status", "utf8")): void {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const has = (capability: number) => ((effective >> BigInt(capability)) & 1n) === 1n;
  const mayLoad = has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON));
  if (!has(CAP_NET_ADMIN) || !mayLoad) throw new HyperionError("E507");
}
