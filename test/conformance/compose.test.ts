import { describe, expect, it } from "vitest";
import { HyperionError } from "../../src/model/errors.ts";
import { lacking } from "../skip.ts";
import { CASES } from "../unit/compose/cases.ts";
import { askCompose, findCompose } from "../unit/compose/docker.ts";
import { readCase } from "../unit/compose/ours.ts";
import { projectDocker, projectOurs } from "../unit/compose/projection.ts";

/**
 * Where version 1, which Debian 12 and Ubuntu 22.04 still have, says what version 2 does, about labels.
 * It has another idea of what a profile, a name, a null and much else is.
 */
const OLD: readonly string[] = [
  "labels as a list",
  "the same label twice in a list",
  "a list in a label",
  "block scalars",
  "the default network",
  "an external network",
  "network modes",
  "a mode and networks",
  "the network of a service that is missing",
  "services that share in a circle",
  "ranges of ports",
  "a port of another protocol",
  "variables in a list and in a key",
  "variables in keys",
  "a variable that is no number",
  "a variable that is none",
  "an env file that is missing",
  "networks of two files",
  "the default network of two files",
  "a file and its override",
  "COMPOSE_FILE and its separator",
  "anchors, aliases and merge keys",
  "an anchor that contains itself",
  "extends in a circle",
  "extends what is missing",
  "scale",
  "the folder's name",
  "a key of nobody's",
  "an undefined service",
  "a circle of dependencies",
];

/** The compose that is named, or that of this machine. */
const compose = findCompose(process.env.TEST_COMPOSE);
const isLacking = lacking("docker compose", compose !== undefined, "install it, or name one in TEST_COMPOSE");
const [major, minor] = compose?.version ?? [0, 0];
const known = CASES.filter(({ name, since }) =>
  major === 1 ? OLD.includes(name) : major > since[0] || (major === since[0] && minor >= since[1]),
);

describe.skipIf(isLacking)(`loadProject, beside docker compose ${major}.${minor}`, () => {
  it("is compared in what this version understands", () => {
    expect(known.length).toBeGreaterThanOrEqual(OLD.length);
  });

  it.each(known)("$name", async (one) => {
    if (compose === undefined) throw new Error("no compose");
    const outcome = askCompose(compose, one);
    const reading = readCase(one);
    if ("refusal" in outcome) {
      await expect(reading, outcome.refusal).rejects.toBeInstanceOf(HyperionError);
      return;
    }
    const ours = projectOurs(await reading);
    if (major > 1) expect(ours).toEqual(projectDocker(outcome.project));
    else expect(labelsOf(ours)).toEqual(labelsOf(outcome.project));
  });
});

/** Labels of every service, ours or compose's. */
function labelsOf({ services = {} }: Labelled) {
  return Object.fromEntries(Object.entries(services).map(([name, { labels = {} }]) => [name, labels]));
}

interface Labelled {
  readonly services?: Readonly<Record<string, { readonly labels?: Readonly<Record<string, string>> }>>;
}
