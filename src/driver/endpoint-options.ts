import { isPolicyLabel } from "../model/policy-label.ts";

/**
 * The `hyperion.*` entries of an endpoint's driver_opts, which say the same as labels do and need no
 * Docker API to be read.
 */
export function endpointOptions(
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const ours = Object.entries(options).filter(([key]) => isPolicyLabel(key));
  return Object.fromEntries(ours.map(([key, value]) => [key, String(value)]));
}
