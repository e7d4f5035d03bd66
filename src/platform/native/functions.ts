/**
 * The C functions of `native/include/hyperion/{dataplane,host}.h`, in koffi's terms, without the
 * `struct hyp_error *` that those of the first list take last. Buffers are `void *`: they are typed
 * arrays of ours, and layouts.ts says what is in them.
 */
export const REPORTING = {
  hyp_dataplane_open: ["int", "const void *", "void *"],
  hyp_dataplane_remove: ["int", "const void *"],
  hyp_dataplane_attach: ["int", "void *", "uint32_t", "uint32_t"],
  hyp_dataplane_detach: ["int", "void *", "uint32_t"],
  hyp_dataplane_apply: ["int", "void *", "const void *", "uint64_t", "void *", "uint32_t"],
  hyp_dataplane_dump: ["int64_t", "void *", "uint32_t", "void *", "uint64_t", "void *"],
  hyp_dataplane_counters: ["int64_t", "void *", "uint32_t", "void *", "uint64_t", "void *"],
  hyp_dataplane_events: ["int", "void *", "void *", "uint32_t", "void *"],
  hyp_dataplane_connections: ["int64_t", "void *"],
  hyp_host_vf_create: ["int", "const char *", "const char *", "uint32_t", "void *"],
  hyp_host_links_delete: ["int", "const void *", "uint32_t"],
  hyp_host_link_set_mtu: ["int", "const char *", "uint32_t"],
  hyp_host_link_set_up: ["int", "const char *", "uint32_t"],
  hyp_host_link: ["int", "const char *", "void *"],
  hyp_host_links: ["int", "const char *", "void *", "uint32_t"],
  hyp_host_addresses: ["int", "void *", "uint32_t"],
  hyp_host_watch: ["int"],
  hyp_host_lock: ["int", "const char *", "void *"],
} as const satisfies Record<string, readonly [string, ...string[]]>;

/** Those that report nothing, and that never block: they are called at once. */
export const SILENT = {
  hyp_abi_version: ["uint32_t"],
  hyp_layouts: ["const char *"],
  hyp_reasons: ["const char *"],
  hyp_dataplane_close: ["void", "void *"],
  hyp_dataplane_capabilities: ["int", "void *", "void *"],
  hyp_host_unlock: ["void", "int"],
} as const satisfies Record<string, readonly [string, ...string[]]>;

export type ReportingFunction = keyof typeof REPORTING;
export type SilentFunction = keyof typeof SILENT;
