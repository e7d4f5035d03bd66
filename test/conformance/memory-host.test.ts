import { MemoryHost } from "../../src/platform/host/memory/memory-host.ts";
import { describeHost } from "./host.ts";

describeHost("MemoryHost", () => {
  const host = new MemoryHost();
  host.addHardware("eth0", 1500);
  return {
    host,
    hardware: "eth0",
    addBridge: async (name) => host.addBridge(name),
    enslave: async (name, bridge) => host.enslave(name, bridge),
    moveAway: async (names) => {
      const namespace = host.newNamespace();
      for (const name of names) host.moveAway(name, namespace);
    },
    addAddress: async (ip) => host.addAddress(ip),
  };
});
