import { createSocket } from "node:dgram";
import { connect as connectTcp } from "node:net";
import type { Order } from "./agent.ts";

const PUMP_BYTES = 1_200;
/** The pace of UDP is kept by sending, this often, what is due. */
const PUMP_TICK_MS = 2;

export function pump(order: Order & { op: "pump" }): Promise<void> {
  return order.protocol === "tcp" ? pumpTcp(order) : pumpUdp(order);
}

function pumpTcp({ address, port, forMs }: Order & { op: "pump" }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: address, port });
    const block = Buffer.alloc(64 << 10);
    let over = false;
    const fill = () => {
      while (!over && socket.write(block)) {
        // until the kernel takes no more
      }
    };
    socket.on("connect", () => {
      setTimeout(() => {
        over = true;
        socket.destroy();
        resolve();
      }, forMs);
      fill();
    });
    socket.on("drain", fill);
    socket.on("error", reject);
  });
}

function pumpUdp({ address, port, forMs, bytesPerSecond }: Order & { op: "pump" }): Promise<void> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const datagram = Buffer.alloc(PUMP_BYTES);
    socket.on("error", () => {});
    socket.connect(port, address, () => {
      const began = performance.now();
      let sent = 0;
      const timer = setInterval(() => {
        const elapsedMs = performance.now() - began;
        const due = (elapsedMs / 1_000) * bytesPerSecond;
        for (; sent < due; sent += PUMP_BYTES) socket.send(datagram, () => {});
        if (elapsedMs < forMs) return;
        clearInterval(timer);
        socket.close();
        resolve();
      }, PUMP_TICK_MS);
    });
  });
}
