import { MemoryHost } from "../../src/platform/host/memory/memory-host.ts";
import { describeHost } from "./host.ts";

describeHost("MemoryHost", () => {
  const host = new MemoryHost();
  host.addHardware("eth0", 1500);
  return { host, hardware: "eth0" };
});
