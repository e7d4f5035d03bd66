import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runOk } from "../../../src/playground/command.ts";
import type { HyperionDaemon } from "../../../src/playground/daemon.ts";
import { PrivateHost } from "../../../src/playground/private-host.ts";
import { inParallel } from "../../../src/playground/truth-table.ts";
import type { BenchContext } from "../bench.ts";
import type { BenchResult, Figure } from "../figures.ts";
import { newDaemon } from "../laboratory.ts";
import { PluginClient } from "./plugin-client.ts";

const ADOPTED = 500;
const LATER = 1_000;
const PARALLEL = 8;
const ARGS = ["--vf-limit", String(LATER + 64)];
/** Between two looks for the socket: shorter would take the processor from whom it waits for. */
const POLL_MS = 4;
const START_TIMEOUT_MS = 60_000;

interface Status {
  readonly pid: number;
  readonly endpoints: number;
  readonly quarantined: number;
  readonly dataplane: { readonly adopted: boolean };
  readonly reconcile: { readonly steps: number; readonly rows: number };
}

/** How long a daemon with endpoints takes to be there again, and how much memory it holds. */
export async function measureDaemonStart(context: BenchContext): Promise<BenchResult> {
  const adopted = context.options.quick ? 100 : ADOPTED;
  const later = context.options.quick ? 200 : LATER;
  const host = await PrivateHost.open();
  context.atEnd(() => host.close());
  const socket = join(host.directory, "plugin.sock");
  const daemon = newDaemon(host, "none", socket, ARGS);
  await daemon.start();
  const client = new PluginClient(socket);
  context.atEnd(() => client.close());
  await client.call("NetworkDriver.CreateNetwork", networkRequest());
  await addEndpoints(context, client, 0, adopted);

  const starts: number[] = [];
  const writes: number[] = [];
  const memory: number[] = [];
  for (let round = 1; round <= context.options.rounds; round++) {
    context.checkpoint();
    await daemon.stop();
    starts.push(await timedStart(daemon, socket));
    const status = await daemon.query<Status>("status");
    checkAdoption(status, adopted);
    writes.push(status.reconcile.steps);
    memory.push(await residentMb(host, status.pid));
    context.progress(
      `start ${round}: ${starts.at(-1)?.toFixed(0)} ms with ${adopted} endpoints, ${status.reconcile.rows} rows held, ${writes.at(-1)} written; ${memory.at(-1)?.toFixed(0)} MB`,
    );
  }
  await addEndpoints(context, client, adopted, later);
  const full = await daemon.query<Status>("status");
  const fullMb = await residentMb(host, full.pid);
  context.progress(`${fullMb.toFixed(0)} MB with ${full.endpoints} endpoints, ${full.reconcile.rows} rows`);
  const at = `${adopted}-endpoints`;
  return { figures: figuresOf(at, { starts, writes, memory }, [`${later}-endpoints`, fullMb]), notes: [] };
}

function figuresOf(
  at: string,
  { starts, writes, memory }: Readonly<Record<"starts" | "writes" | "memory", readonly number[]>>,
  [later, laterMb]: readonly [string, number],
): readonly Figure[] {
  const better = "lower" as const;
  return [
    {
      ...{ id: "daemon-start", title: "Daemon start", unit: "ms", better },
      method: "from exec until Plugin.Activate is answered, state and data plane of before kept",
      series: [{ system: at, samples: starts }],
    },
    {
      ...{ id: "adoption-writes", title: "Rows written at that start", unit: "rows", better },
      method: "the reconciler's count of steps",
      series: [{ system: at, samples: writes }],
    },
    {
      ...{ id: "daemon-memory", title: "Daemon's resident memory", unit: "MB", better },
      method: "VmRSS after the start; with more endpoints, after they were made",
      series: [
        { system: at, samples: memory },
        { system: later, samples: [laterMb] },
      ],
    },
  ];
}

function checkAdoption({ endpoints, quarantined, dataplane }: Status, expected: number): void {
  if (endpoints === expected && quarantined === 0 && dataplane.adopted) return;
  const found = `${endpoints} endpoints, ${quarantined} of them quarantined, adopted: ${dataplane.adopted}`;
  throw new Error(`the daemon came back with ${found}; ${expected} were to be adopted`);
}

/** Milliseconds from exec until Docker would get an answer. */
async function timedStart(daemon: HyperionDaemon, socket: string): Promise<number> {
  const client = new PluginClient(socket);
  const startedAt = performance.now();
  let answeredAt: number | undefined;
  const started = daemon.start();
  try {
    while (answeredAt === undefined) {
      answeredAt = await client.call("Plugin.Activate").then(
        () => performance.now(),
        () => undefined,
      );
      if (performance.now() - startedAt > START_TIMEOUT_MS) throw new Error("the daemon does not answer");
      if (answeredAt === undefined) await sleep(POLL_MS);
    }
  } finally {
    client.close();
    await started;
  }
  return answeredAt - startedAt;
}

async function residentMb(host: PrivateHost, pid: number): Promise<number> {
  // Let the garbage of the start be collected, as it would be before anybody looks.
  await sleep(1_000);
  const status = await runOk(host, "cat", [`/proc/${pid}/status`]);
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return (kilobytes * 1_024) / 1e6;
}

function idOf(what: string): string {
  return createHash("sha256").update(what).digest("hex");
}

const NETWORK_ID = idOf("bench network");

function networkRequest(): unknown {
  return {
    NetworkID: NETWORK_ID,
    Options: { "com.docker.network.generic": {} },
    IPv4Data: [{ AddressSpace: "LocalDefault", Pool: "10.96.0.0/16", Gateway: "10.96.0.1/16" }],
    IPv6Data: [],
  };
}

/** Endpoint `n` of 25 services, each with rules of its own, in driver_opts: no engine is needed. */
function endpointRequest(n: number): unknown {
  const service = n % 25;
  const host = n + 2;
  return {
    NetworkID: NETWORK_ID,
    EndpointID: idOf(`endpoint ${n}`),
    Interface: { Address: `10.96.${host >> 8}.${host & 255}/16`, AddressIPv6: "", MacAddress: "" },
    Options: {
      "hyperion.group": `service-${service}`,
      "hyperion.ingress.http": `allow tcp/${8_000 + service} from any`,
      "hyperion.ingress.peers": `allow tcp/7000-7100 from group:service-${service}`,
      "hyperion.ingress.metrics": "allow tcp/9090 from group:service-0",
      "hyperion.egress.next": `allow tcp/${8_000 + ((service + 1) % 25)} to group:service-${(service + 1) % 25}`,
      "hyperion.egress.dns": "allow udp/53,tcp/53 to any",
    },
  };
}

async function addEndpoints(
  context: BenchContext,
  client: PluginClient,
  first: number,
  end: number,
): Promise<void> {
  context.progress(`making endpoints ${first + 1} to ${end}`);
  const jobs = Array.from({ length: end - first }, (_, i) => async () => {
    context.checkpoint();
    await client.call("NetworkDriver.CreateEndpoint", endpointRequest(first + i));
    const ids = { NetworkID: NETWORK_ID, EndpointID: idOf(`endpoint ${first + i}`) };
    await client.call("NetworkDriver.Join", {
      ...ids,
      SandboxKey: `/var/run/docker/netns/${i}`,
      Options: {},
    });
  });
  await inParallel(PARALLEL, jobs);
}
