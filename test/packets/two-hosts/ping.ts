import { isIPv6 } from "node:net";
import { promisify } from "node:util";
import koffi from "koffi";
import { type Ip, ipToBytes16 } from "../../../src/model/ip.ts";

/* ICMP echo sockets (icmp(7)), which Node does not have: the kernel fills in the identifier and the checksum. */

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
const SOL_IP = 0;
const IP_MTU_DISCOVER = 10;
const SOL_IPV6 = 41;
const IPV6_MTU_DISCOVER = 23;
const IPV6_DONTFRAG = 62;
const PMTUDISC_DO = 2;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const ECHO_REQUEST = 8;
const ECHO_REQUEST_6 = 128;
const ECHO_HEADER_BYTES = 8;

/** At the first ping: the native library wants to be loaded before any other. */
function load() {
  const libc = koffi.load("libc.so.6");
  const recv = libc.func("long recv(int, _Out_ uint8_t *, size_t, int)");
  return {
    socket: libc.func("int socket(int, int, int)"),
    close: libc.func("int close(int)"),
    connect: libc.func("int connect(int, const uint8_t *, unsigned int)"),
    setsockopt: libc.func("int setsockopt(int, int, int, const uint8_t *, unsigned int)"),
    send: libc.func("long send(int, const uint8_t *, size_t, int)"),
    /** Off the event loop. */
    receive: promisify(recv.async) as (...args: readonly unknown[]) => Promise<number>,
  };
}

let loaded: ReturnType<typeof load> | undefined;

function libc(): ReturnType<typeof load> {
  loaded ??= load();
  return loaded;
}

/** struct sockaddr_in, struct sockaddr_in6; without a port. */
function address(to: Ip): Uint8Array {
  const ip = ipToBytes16(to);
  const bytes = Buffer.alloc(isIPv6(to) ? 28 : 16);
  bytes.writeUInt16LE(isIPv6(to) ? AF_INET6 : AF_INET, 0);
  if (isIPv6(to)) bytes.set(ip, 8);
  else bytes.set(ip.subarray(12), 4);
  return bytes;
}

function option(descriptor: number, level: number, name: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  if (libc().setsockopt(descriptor, level, name, bytes, bytes.length) !== 0)
    throw new Error(`setsockopt ${name}`);
}

function configure(descriptor: number, v6: boolean, timeoutMs: number): void {
  if (v6) option(descriptor, SOL_IPV6, IPV6_DONTFRAG, 1);
  option(descriptor, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, PMTUDISC_DO);
  const timeout = Buffer.alloc(16);
  timeout.writeBigInt64LE(BigInt(Math.floor(timeoutMs / 1000)), 0);
  timeout.writeBigInt64LE(BigInt((timeoutMs % 1000) * 1000), 8);
  if (libc().setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.length) !== 0)
    throw new Error("setsockopt SO_RCVTIMEO");
}

/**
 * Sends one echo request in an IP packet of `packetBytes` that may not be fragmented. Whether its reply,
 * with the same data, came in time.
 */
export async function ping(to: Ip, packetBytes = 84, timeoutMs = 1000): Promise<boolean> {
  const v6 = isIPv6(to);
  const request = Buffer.alloc(packetBytes - (v6 ? 40 : 20));
  request.writeUInt8(v6 ? ECHO_REQUEST_6 : ECHO_REQUEST, 0);
  for (let i = ECHO_HEADER_BYTES; i < request.length; i++) request[i] = i % 251;
  const descriptor: number = libc().socket(
    v6 ? AF_INET6 : AF_INET,
    SOCK_DGRAM,
    v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
  );
  if (descriptor < 0) throw new Error("no echo socket: is ping_group_range set?");
  try {
    configure(descriptor, v6, timeoutMs);
    const peer = address(to);
    if (libc().connect(descriptor, peer, peer.length) !== 0) return false;
    if (libc().send(descriptor, request, request.length, 0) !== request.length) return false;
    const reply = Buffer.alloc(request.length + 1);
    const length = await libc().receive(descriptor, reply, reply.length, 0);
    return (
      length === request.length &&
      reply.subarray(ECHO_HEADER_BYTES, length).equals(request.subarray(ECHO_HEADER_BYTES))
    );
  } finally {
    libc().close(descriptor);
  }
}
