import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Host } from "../../platform/host/host.ts";

/** A VF and the representor of its other end, by their netdevs' names. */
export interface VfPair {
  readonly vf: string;
  readonly representor: string;
}

/** Soft VFs for a check that needs two, gone after it. */
export async function withSoftVfs<T>(host: Host, use: (pairs: readonly VfPair[]) => Promise<T>): Promise<T> {
  const pairs = [1, 2].map((n) => ({ vf: `hyvtest${n}`, representor: `hyrtest${n}` }));
  const clear = () => host.deleteLinks(pairs.map(({ representor }) => representor));
  await clear();
  try {
    for (const { vf, representor } of pairs) await host.createVf(vf, representor, 1500);
    return await use(pairs);
  } finally {
    await clear();
  }
}

/** The representor of a hardware VF: of the same switch, with the port name of its number. Rejects when there is none. */
export async function representorOf(vf: string): Promise<VfPair> {
  const device = `/sys/class/net/${vf}/device`;
  const address = basename(await realpath(device));
  const physical = join(device, "physfn");
  const functions = (await readdir(physical)).filter((name) => name.startsWith("virtfn"));
  for (const name of functions) {
    if (basename(await readlink(join(physical, name))) !== address) continue;
    const [uplink = ""] = await readdir(join(physical, "net"));
    const representor = await findPort(await switchOf(uplink), `vf${name.slice("virtfn".length)}`);
    if (representor !== undefined) return { vf, representor };
  }
  throw new Error(`${vf} has no representor: is its eswitch in switchdev mode?`);
}

const readNet = (device: string, name: string): Promise<string> =>
  readFile(`/sys/class/net/${device}/${name}`, "utf8").then(
    (text) => text.trim(),
    () => "",
  );

const switchOf = (device: string): Promise<string> => readNet(device, "phys_switch_id");

async function findPort(switchId: string, ending: string): Promise<string | undefined> {
  for (const device of await readdir("/sys/class/net")) {
    const port = await readNet(device, "phys_port_name");
    const matches = /^(?:c\d+)?pf\d+(vf\d+)$/.exec(port)?.[1] === ending;
    if (matches && switchId !== "" && (await switchOf(device)) === switchId) return device;
  }
  return undefined;
}
