import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";

/** Where it was measured, as name and words. Nothing that identifies the machine. */
export function describeMachine(): Readonly<Record<string, string>> {
  return {
    processor: `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    kernel: release(),
    system: osName(),
    docker: firstLine("dockerd", "--version"),
    nginx: firstLine("nginx", "-v"),
    wrk: firstLine("wrk", "-v"),
    iperf3: firstLine("iperf3", "--version"),
    node: process.version,
  };
}

function osName(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
    return name ?? "unknown";
  } catch {
    return "unknown";
  }
}

/** The first line that the program prints of itself; some use stderr for it, and some exit with 1. */
function firstLine(program: string, option: string): string {
  let output: string;
  try {
    output = execFileSync("sh", ["-c", '"$0" "$1" 2>&1 || true', program, option], { encoding: "utf8" });
  } catch {
    return "not found";
  }
  const line = output.split("\n")[0]?.trim() ?? "";
  return line === "" || /not found/.test(line) ? "not found" : line.replace(/ Copyright.*$/, "");
}
