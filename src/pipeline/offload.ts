import type { Problem } from "../policy/index.ts";

const LABEL = "hyperion.offload";
const VALUE = "require";
const NO_NIC = "this machine's data plane is no smartNIC; start it on one that has, or write prefer";

/**
 * What is wrong with `hyperion.offload: require` here (E510).
 *
 * @param text why it cannot be had: that there is no NIC, or what the NIC said.
 */
export function offloadProblem(
  driverOptions: Readonly<Record<string, string>>,
  text: string = NO_NIC,
): Problem {
  return {
    code: "E510",
    text,
    span: { start: 0, end: VALUE.length },
    suggestion: undefined,
    carrier: Object.hasOwn(driverOptions, LABEL) ? "driver_opts" : "label",
    label: LABEL,
    value: VALUE,
  };
}
