import { NativeHost } from "../../platform/host/native/native-host.ts";
import { NativeLibrary } from "../../platform/native/library.ts";
import { examine, type Finding } from "./examine.ts";
import { representorOf, type VfPair, withSoftVfs } from "./vfs.ts";

/** Whether the URL names the software smartNIC. */
export function isSoftnic(url: string): boolean {
  return /^doca:softnic(?:$|\?)/.test(url);
}

/** Tries on a device what the DOCA data plane assumes of it; on softnic with VFs of its own. */
export async function selftest(
  url: string,
  vfs: readonly string[],
  each: (finding: Finding) => void,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const run = async (pairs: readonly VfPair[]): Promise<void> => {
    const words = pairs.flatMap(({ representor, vf }) => [representor, vf]);
    for await (const line of examine("selftest", url, ...words)) {
      if (line.kind !== "finding") continue;
      findings.push(line);
      each(line);
    }
  };
  if (isSoftnic(url)) await withSoftVfs(new NativeHost(NativeLibrary.load()), run);
  else await run(await Promise.all(vfs.map(representorOf)));
  return findings;
}
