import type { PrivateEngine } from "../../../src/playground/engine.ts";
import { pidOf } from "../laboratory.ts";

/** A network namespace, as the words that enter it. */
export type Place = readonly string[];

/** A client and a server with one system between them. */
export interface Arena {
  /** `docker-bridge`, `hyperion-10`: the name of its series. */
  readonly system: string;
  readonly client: Place;
  readonly server: Place;
  /** The server's address, as the client reaches it. */
  readonly address: string;
  /** True: only what rules open can be reached. */
  readonly hasPolicy: boolean;
  /** Ports that the policy opens and nobody serves. */
  readonly openPorts: readonly number[];
}

export function placeOfPid(pid: string): Place {
  return ["nsenter", "-t", pid, "--net", "--"];
}

export function placeOfNamespace(name: string): Place {
  return ["nsenter", `--net=/run/netns/${name}`, "--"];
}

/** Waits for a command on the host; rejects with its words when it fails. */
export type Shell = (script: string) => Promise<string>;

/** Two namespaces and one veth pair: what the kernel can do when nothing is between. */
export async function bareVeth(shell: Shell): Promise<Arena> {
  await shell(`
    set -e
    ip netns add bare-client
    ip netns add bare-server
    ip link add veth0 netns bare-client type veth peer name veth0 netns bare-server
    for side in client/10.98.0.1 server/10.98.0.2; do
      enter="nsenter --net=/run/netns/bare-\${side%/*} --"
      $enter ip address add "\${side#*/}/24" dev veth0
      $enter ip link set lo up
      $enter ip link set veth0 up
    done`);
  return {
    system: "bare-veth",
    client: placeOfNamespace("bare-client"),
    server: placeOfNamespace("bare-server"),
    address: "10.98.0.2",
    hasPolicy: false,
    openPorts: [],
  };
}

/** Two running containers on a Docker network. */
export async function containerArena(
  engine: PrivateEngine,
  network: string,
  names: { readonly system: string; readonly client: string; readonly server: string },
  policy: Pick<Arena, "hasPolicy" | "openPorts">,
): Promise<Arena> {
  const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
  return {
    system: names.system,
    client: placeOfPid(await pidOf(engine, names.client)),
    server: placeOfPid(await pidOf(engine, names.server)),
    address: await engine.docker("inspect", "--format", format, names.server),
    ...policy,
  };
}
