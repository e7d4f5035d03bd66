/** Every label that Hyperion reads begins so; other labels are none of its business. */
export const LABEL_PREFIX = "hyperion.";

/**
 * Whether a label, or an option of an endpoint, is about policy. In any case: Docker tells `Hyperion.policy`
 * from `hyperion.policy`, and whoever wrote the former meant the latter, which an error can say (E101) and
 * a container that runs without its policy cannot.
 */
export function isPolicyLabel(key: string): boolean {
  return key.slice(0, LABEL_PREFIX.length).toLowerCase() === LABEL_PREFIX;
}
