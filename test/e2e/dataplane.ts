/** The data plane that the suite runs on: TEST_DATAPLANE, "ebpf" unless told. */
export const DATAPLANE = process.env.TEST_DATAPLANE ?? "ebpf";

/** It outlives the daemon either way: pinned in the kernel, or in a process of its own. */
export const HAS_AGENT = DATAPLANE.startsWith("doca:");

export const DATAPLANE_ARGS: readonly string[] = ["--dataplane", DATAPLANE];
