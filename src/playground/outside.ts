import { runOk } from "./command.ts";
import type { PrivateHost } from "./private-host.ts";
import { Prober } from "./prober.ts";

/** The host's own addresses on its link to the outside. */
export const HOST_IPV4 = "192.0.2.1";
export const HOST_IPV6 = "2001:db8:2::1";

/** The addresses of the machine on the far side: its own on the link, and two that are farther away. */
export const OUTSIDE = {
  near: { ipv4: "192.0.2.2", ipv6: "2001:db8:2::2" },
  partner: { ipv4: "203.0.113.7", ipv6: "2001:db8:113::7" },
  stranger: { ipv4: "198.51.100.9", ipv6: "2001:db8:51::9" },
} as const;

/** Inside the private host, whose /run nobody else sees. */
const NAMESPACE = "outside";
const NAMESPACE_FILE = `/run/netns/${NAMESPACE}`;
/** The host's end of the link. */
const DEVICE = "out0";

/**
 * A machine that is none of Docker's, one link away from a private host, which routes everything it
 * knows no better of to it. It knows the way to every container, so that what does not arrive was dropped.
 */
export class Outside {
  readonly prober: Prober;
  readonly #host: PrivateHost;

  private constructor(host: PrivateHost, prober: Prober) {
    this.#host = host;
    this.prober = prober;
  }

  /** Makes it; gone with the host. */
  static async open(host: PrivateHost): Promise<Outside> {
    const { near, ...far } = OUTSIDE;
    const farAddresses = Object.values(far).flatMap(({ ipv4, ipv6 }) => [`${ipv4}/32`, `${ipv6}/128`]);
    const script = [
      `ip netns add ${NAMESPACE}`,
      `ip link add ${DEVICE} type veth peer name eth0 netns ${NAMESPACE}`,
      `ip addr add ${HOST_IPV4}/24 dev ${DEVICE}`,
      `ip addr add ${HOST_IPV6}/64 dev ${DEVICE} nodad`,
      `ip link set ${DEVICE} up`,
      `inside="nsenter --net=${NAMESPACE_FILE} --"`,
      "$inside ip link set lo up",
      `$inside ip addr add ${near.ipv4}/24 dev eth0`,
      `$inside ip addr add ${near.ipv6}/64 dev eth0 nodad`,
      "$inside ip link set eth0 up",
      ...farAddresses.map((address) => `$inside ip addr add ${address} dev lo`),
      `$inside ip route add default via ${HOST_IPV4}`,
      `$inside ip -6 route add default via ${HOST_IPV6}`,
      `ip route add default via ${near.ipv4}`,
      `ip -6 route add default via ${near.ipv6}`,
      "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
    ];
    await runOk(host, "bash", ["-ec", script.join("\n")]);
    return new Outside(host, Prober.enterNamespace(host, NAMESPACE, NAMESPACE_FILE));
  }

  /** A program in its network; answers what it printed. */
  sh(script: string): Promise<string> {
    return runOk(this.#host, "nsenter", [`--net=${NAMESPACE_FILE}`, "--", "bash", "-ec", script]);
  }

  close(): void {
    this.prober.close();
  }
}
