/**
 * Runs packet cases. A process of its own, started in a network and a mount namespace of its own:
 * threads that make native calls are in them, too, and all that it makes goes with it.
 */
import { fileURLToPath } from "node:url";
import type { Dataplane } from "../../../src/platform/dataplane/dataplane.ts";
import { NativeDataplane } from "../../../src/platform/dataplane/native/native-dataplane.ts";
import { removeDataplane } from "../../../src/platform/dataplane/native/open.ts";
import { NativeLibrary } from "../../../src/platform/native/library.ts";
import { GATEWAY_PORTS, OUTSIDE_PORT, PORTS } from "../cases/world.ts";
import { Bench } from "./bench.ts";
import type { Answer, Backend, Request } from "./protocol.ts";
import { FAR, ip, makePorts, mountOwn, optionsOf } from "./site.ts";
import { Wire } from "./wire.ts";

const WIRE = fileURLToPath(new URL("../../../native/build/wire", import.meta.url));

async function open(backend: Backend): Promise<Bench> {
  mountOwn();
  const ports = makePorts();
  const wire = await Wire.open(WIRE, FAR, OUTSIDE_PORT, (pid) => {
    for (let i = 1; i <= OUTSIDE_PORT; i++) ip("link", "set", `${FAR}${i}`, "netns", String(pid));
  });
  const library = NativeLibrary.load();
  let nth = 0;
  const openDataplane = async (before?: Dataplane): Promise<NativeDataplane> => {
    await before?.close();
    if (nth > 0) await removeDataplane(library, optionsOf(backend, nth));
    nth += 1;
    const dataplane = await NativeDataplane.open(library, optionsOf(backend, nth));
    for (const port of ports.slice(0, PORTS)) await dataplane.attach(port, "vf");
    if (backend === "ebpf") for (const port of gateways(ports)) await dataplane.attach(port, "gateway");
    return dataplane;
  };
  return Bench.on(openDataplane, wire, ports);
}

const gateways = (ports: readonly number[]): readonly number[] =>
  ports.filter((_, i) => GATEWAY_PORTS.some((port) => port === i + 1));

const answer = (message: Answer): void => {
  process.send?.(message);
};

try {
  const bench = await open(process.argv[2] === "doca" ? "doca" : "ebpf");
  process.on("message", async (request: Request) => {
    const { id } = request;
    try {
      if ("flow" in request) answer({ id, flowed: await bench.flow(request.flow) });
      else answer({ id, outcomes: await bench.run(request.packetCase) });
    } catch (error) {
      answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on("disconnect", () => process.exit(0));
  answer({ id: 0 });
} catch (error) {
  answer({ id: 0, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
