import { constants } from "node:os";
import { HyperionError } from "../../src/model/errors.ts";
import type {
  Capabilities,
  Dataplane,
  DropCounter,
  EndpointCounter,
  EventBatch,
  Failure,
  NicCounters,
  Operation,
  PortKind,
  Row,
  RuleCounter,
} from "../../src/platform/dataplane/dataplane.ts";

type Call = "attach" | "detach" | "apply" | "dump" | "counters" | "events" | "connections";

/** A data plane that fails on demand; everything else goes to the one behind it. */
export class FaultyDataplane implements Dataplane {
  readonly #behind: Dataplane;
  readonly #calls = new Map<Call, number>();
  /** Operations of batches seen since construction, failed ones included. */
  operations = 0;
  #fails: (count: number, operation: Operation) => boolean = () => false;
  #errno: number = constants.errno.E2BIG;
  #lost = false;
  #lostDumps = 0;

  constructor(behind: Dataplane) {
    this.#behind = behind;
  }

  get capabilities(): Capabilities {
    return this.#behind.capabilities;
  }

  /** The n-th operation of a batch from now on (1: the next one) fails alone, as with a full table. */
  failNth(n: number, errno: number = constants.errno.E2BIG): void {
    const failing = this.operations + n;
    this.#errno = errno;
    this.#fails = (operation) => operation === failing;
  }

  /** Every operation fails until {@link heal}. */
  failAlways(errno: number = constants.errno.E2BIG): void {
    this.#errno = errno;
    this.#fails = () => true;
  }

  /** Operations that are `doomed` fail until {@link heal}, as with one full table. */
  failRows(doomed: (operation: Operation) => boolean, errno: number = constants.errno.E2BIG): void {
    this.#errno = errno;
    this.#fails = (_, operation) => doomed(operation);
  }

  /** The next `times` calls reject, having done nothing. */
  failCall(call: Call, times = 1): void {
    this.#calls.set(call, times);
  }

  /** Lost, as with the agent that has it: only a dump gets it back, after `times` that reject, too. */
  lose(times = 0): void {
    this.#lost = true;
    this.#lostDumps = times;
  }

  heal(): void {
    this.#fails = () => false;
    this.#calls.clear();
  }

  async attach(port: number, kind: PortKind): Promise<void> {
    this.#maybeFail("attach");
    if (this.#lostDumps > 0) throw lost();
    return this.#behind.attach(port, kind);
  }

  async detach(port: number): Promise<void> {
    this.#maybeFail("detach");
    return this.#behind.detach(port);
  }

  async apply(operations: readonly Operation[]): Promise<readonly Failure[]> {
    this.#maybeFail("apply");
    if (this.#lost) throw lost();
    const failures: Failure[] = [];
    const passed: Operation[] = [];
    for (const operation of operations) {
      this.operations += 1;
      if (this.#fails(this.operations, operation)) failures.push({ operation, errno: this.#errno });
      else passed.push(operation);
    }
    return [...failures, ...(await this.#behind.apply(passed))];
  }

  async dump(): Promise<readonly Row[]> {
    this.#maybeFail("dump");
    if (this.#lostDumps > 0) {
      this.#lostDumps -= 1;
      throw lost();
    }
    this.#lost = false;
    return this.#behind.dump();
  }

  async endpointCounters(): Promise<readonly EndpointCounter[]> {
    this.#maybeFail("counters");
    return this.#behind.endpointCounters();
  }

  async dropCounters(): Promise<readonly DropCounter[]> {
    this.#maybeFail("counters");
    return this.#behind.dropCounters();
  }

  async ruleCounters(): Promise<readonly RuleCounter[]> {
    this.#maybeFail("counters");
    return this.#behind.ruleCounters();
  }

  async nicCounters(): Promise<NicCounters | undefined> {
    this.#maybeFail("counters");
    return this.#behind.nicCounters();
  }

  async events(max: number): Promise<EventBatch> {
    this.#maybeFail("events");
    if (this.#lost) throw lost();
    return this.#behind.events(max);
  }

  async connections(): Promise<number> {
    this.#maybeFail("connections");
    return this.#behind.connections();
  }

  close(): Promise<void> {
    return this.#behind.close();
  }

  #maybeFail(call: Call): void {
    const left = this.#calls.get(call) ?? 0;
    if (left === 0) return;
    this.#calls.set(call, left - 1);
    throw new HyperionError("E501", { operation: call, reason: "Cannot allocate memory" });
  }
}

function lost(): HyperionError {
  return new HyperionError("E511", { reason: "lost hyperion-agent (pid 1): Broken pipe" });
}
