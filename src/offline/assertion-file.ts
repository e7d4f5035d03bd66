import { HyperionError, isHyperionError } from "../model/errors.ts";
import {
  type Assertion,
  type AssertionResult,
  checkAssertion,
  type Population,
  readAssertion,
} from "../policy/index.ts";
import { formatPlace, type Place, readYamlDocument } from "../yaml/index.ts";

/** An assertion where it is written. */
export interface PlacedAssertion {
  readonly assertion: Assertion;
  readonly place: Place;
}

/**
 * Reads a list of assertions: `- allow: web -> db tcp/5432`. Throws E160 when it is no YAML or several
 * lists, E183 when it is no such list: one that says nothing would hold of everything.
 */
export function readAssertions(text: string, file: string): readonly PlacedAssertion[] {
  const yaml = readYamlDocument(text, file, "list of assertions");
  const items = yaml.value();
  if (!Array.isArray(items) || items.length === 0) {
    throw refusal(yaml.place([]) ?? { file, line: 1, column: 1 }, "expected a list of assertions");
  }
  return items.map((item: unknown, i) => {
    const place = yaml.place([i]) ?? { file, line: 1, column: 1 };
    const { assertion, reason } = readAssertion(item);
    if (assertion === undefined) throw refusal(place, reason);
    return { assertion, place };
  });
}

/** Checks assertions in their order. Throws E183 for one that speaks of somebody who is not there. */
export function checkAssertions(
  population: Population,
  assertions: readonly PlacedAssertion[],
): readonly (AssertionResult & { readonly place: Place })[] {
  return assertions.map(({ assertion, place }) => {
    try {
      return { ...checkAssertion(population, assertion), place };
    } catch (error) {
      if (isHyperionError(error, "E182") || isHyperionError(error, "E205"))
        throw refusal(place, error.message);
      throw error;
    }
  });
}

function refusal(place: Place, reason: string): HyperionError {
  return new HyperionError("E183", { place: formatPlace(place), reason });
}
