/**
 * Raw IP sockets in one network namespace, for what Node has no sockets for: ICMP types other than echo,
 * and SCTP, also where the kernel has none. Takes orders as JSON lines and answers each with one.
 */
import { createInterface } from "node:readline";
import koffi from "koffi";

export type RawOrder =
  | { readonly op: "listen"; readonly family: 4 | 6; readonly protocol: number }
  | {
      readonly op: "send";
      readonly family: 4 | 6;
      readonly protocol: number;
      readonly address: string;
      /** What follows the IP header, in hexadecimal. */
      readonly payload: string;
    }
  /** Answers what was received since the last time, in the same form. */
  | { readonly op: "take"; readonly family: 4 | 6; readonly protocol: number };

export interface RawAnswer {
  readonly packets?: readonly string[];
  readonly error?: string;
}

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_RAW = 3;
const MSG_DONTWAIT = 0x40;

const libc = koffi.load("libc.so.6");
const socket = libc.func("int socket(int domain, int type, int protocol)");
const sendto = libc.func(
  "int64_t sendto(int fd, const uint8_t *data, size_t length, int flags, const uint8_t *to, uint32_t toLength)",
);
const recv = libc.func("int64_t recv(int fd, _Out_ uint8_t *data, size_t length, int flags)");

const sockets = new Map<string, number>();

function open(family: 4 | 6, protocol: number): number {
  const key = `${family}/${protocol}`;
  const known = sockets.get(key);
  if (known !== undefined) return known;
  const fd = socket(family === 4 ? AF_INET : AF_INET6, SOCK_RAW, protocol) as number;
  if (fd < 0) throw new Error(`no raw socket for protocol ${protocol}: errno ${koffi.errno()}`);
  sockets.set(key, fd);
  return fd;
}

function socketAddress(family: 4 | 6, address: string): Buffer {
  if (family === 4) {
    const to = Buffer.alloc(16);
    to.writeUInt16LE(AF_INET, 0);
    Buffer.from(address.split(".").map(Number)).copy(to, 4);
    return to;
  }
  const to = Buffer.alloc(28);
  to.writeUInt16LE(AF_INET6, 0);
  const [head = [], tail = []] = address.split("::").map((side) => side.split(":").filter((g) => g !== ""));
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  groups.forEach((group, index) => {
    to.writeUInt16BE(Number.parseInt(group, 16), 8 + 2 * index);
  });
  return to;
}

function take(family: 4 | 6, protocol: number): readonly string[] {
  const fd = open(family, protocol);
  const packets: string[] = [];
  for (;;) {
    const data = Buffer.alloc(2_048);
    const length = recv(fd, data, data.length, MSG_DONTWAIT) as number;
    if (length < 0) return packets;
    // IPv4's raw sockets give the IP header, too; IPv6's do not.
    const header = family === 4 ? ((data[0] ?? 0) & 0x0f) * 4 : 0;
    packets.push(data.subarray(header, length).toString("hex"));
  }
}

function obey(order: RawOrder): RawAnswer {
  switch (order.op) {
    case "listen":
      open(order.family, order.protocol);
      return {};
    case "take":
      return { packets: take(order.family, order.protocol) };
    case "send": {
      const { family, protocol, address } = order;
      const payload = Buffer.from(order.payload, "hex");
      const to = socketAddress(family, address);
      const fd = open(family, protocol);
      const sent = sendto(fd, payload, payload.length, 0, to, to.length) as number;
      if (sent !== payload.length) throw new Error(`sendto ${address}: errno ${koffi.errno()}`);
      return {};
    }
  }
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  let answer: RawAnswer;
  try {
    answer = obey(JSON.parse(line) as RawOrder);
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
lines.on("close", () => process.exit(0));
