import type { Ip } from "../../model/ip.ts";
import type { MacAddress } from "../../model/mac.ts";

/** A network device of this host's network namespace. */
export interface Link {
  readonly name: string;
  /** Kernel index: the data plane's port id when the link is a representor. */
  readonly index: number;
  readonly mtuBytes: number;
  readonly mac: MacAddress;
  readonly up: boolean;
  readonly carrier: boolean;
  /** "veth", "" for hardware. */
  readonly kind: string;
  /** Index of the bridge that it is a port of. */
  readonly master: number | undefined;
  /**
   * This host's number for the network namespace that the other end is in: the same for all devices
   * whose other ends are in one. Undefined: the other end is here, or there is none.
   */
  readonly peerNamespace: number | undefined;
}

/** The door to the host's network devices and addresses. Names are at most 15 characters. */
export interface Host {
  /** Makes a soft VF and its representor; returns the representor's index. Throws E601. */
  createVf(vf: string, representor: string, mtuBytes: number): Promise<number>;

  /**
   * Deletes devices and their other ends; one that is not there is fine. Many at once take hardly
   * longer than one. Throws E601; some may then be left.
   */
  deleteLinks(names: readonly string[]): Promise<void>;

  /** Throws E602 when there is no such device. */
  setMtu(name: string, mtuBytes: number): Promise<void>;

  /** Sets a device up, or down, where nothing passes. Throws E602 when there is no such device. */
  setUp(name: string, up: boolean): Promise<void>;

  /** Undefined when there is no such device. */
  link(name: string): Promise<Link | undefined>;

  links(namePrefix: string): Promise<readonly Link[]>;

  /** The addresses of every device, the loopback's and IPv4's broadcast addresses included. Throws E601. */
  addresses(): Promise<readonly Ip[]>;

  /**
   * Calls `changed` a moment after devices or addresses came, went or changed; once for several changes,
   * where they come quickly. Returns what ends the watch. Throws E601.
   */
  watch(changed: () => void): Promise<() => void>;

  /** Takes the exclusive lock on a file; returns its release. Throws E704 with the holder's pid. */
  lock(path: string): Promise<() => void>;

  /** Changes at every boot of the machine. */
  bootId(): Promise<string>;
}
