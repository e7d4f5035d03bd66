import { formatProblem } from "../policy/index.ts";
import type { EndpointView } from "./desired.ts";

/**
 * Why nothing passes an endpoint, in the words that Docker, the log and `hyperion endpoints` have for it; none
 * when something may.
 *
 * @param who what people call the endpoint.
 */
export function quarantineTexts(
  view: Pick<EndpointView, "quarantine" | "problems">,
  who: string,
): readonly string[] {
  switch (view.quarantine) {
    case undefined:
      return [];
    case "unattributed":
      return ["Docker has not said yet which container this is"];
    case "image-unknown":
      return ["its image is gone, and nobody knows which labels came from it; create the container again"];
    case "network-name":
      return ["a rule says `on NETWORK`, and Docker has not said yet what this network is called"];
    case "problems":
    case "offload":
    case "admin-policy":
      return view.problems.map((problem) => formatProblem(problem, who));
  }
}
