import { describe, expect, it } from "vitest";
import type { ContainerFacts } from "../../../src/model/facts.ts";
import type { ContainerId } from "../../../src/model/ids.ts";
import { formatWarning, readPolicy, relevantLabels, type TrustSettings } from "../../../src/policy/index.ts";
import { composeLabels, stackLabels, TRUST } from "./subjects.ts";

const POLICY = { "hyperion.policy": "default-deny", "hyperion.group": "web", app: "shop", other: "x" };
const SETTINGS = { identityLabels: ["app"], trustImageLabels: false };

function container(labels: Record<string, string>, inherited: readonly string[] | undefined): ContainerFacts {
  return { id: "c1" as ContainerId, name: "web-1", labels, inherited };
}

const read = (
  labels: Record<string, string>,
  inherited: readonly string[] | undefined,
  trust: TrustSettings = SETTINGS,
) => readPolicy({}, container(labels, inherited), trust, []);

describe("labels that come from the image", () => {
  it("are ignored with a warning (W401)", () => {
    const { policy, subject, warnings, problems } = read(POLICY, ["hyperion.policy", "app", "other"]);
    expect(policy.postures).toEqual([]);
    expect([...subject.groups]).toEqual(["web"]);
    expect(subject.labels.size).toBe(0);
    expect(problems).toEqual([]);
    expect(warnings.map(({ code, label, value }) => [code, label, value])).toEqual([
      ["W401", "app", "shop"],
      ["W401", "hyperion.policy", "default-deny"],
    ]);
    expect(warnings[1] && formatWarning(warnings[1], "web-1")).toBe(
      "W401 web-1: label hyperion.policy\n  comes from the image and is ignored; set it on the container, or tell the daemon to trustImageLabels",
    );
  });

  it("cannot keep a container from starting by what is wrong with them", () => {
    const { problems, warnings } = read({ "hyperion.polcy": "x", "hyperion.ingress.a": "nonsense" }, [
      "hyperion.polcy",
      "hyperion.ingress.a",
    ]);
    expect(problems).toEqual([]);
    expect(warnings).toHaveLength(2);
  });

  it("count where the daemon was told so", () => {
    const trusting = { ...SETTINGS, trustImageLabels: true };
    for (const inherited of [["hyperion.policy", "app"], undefined]) {
      const { policy, subject, warnings, originUnknown } = read(POLICY, inherited, trusting);
      expect(policy.postures).toHaveLength(1);
      expect(subject.labels.get("app")).toBe("shop");
      expect(warnings).toEqual([]);
      expect(originUnknown).toBe(false);
    }
  });

  it("matter only where there are labels: an image that is gone then changes nothing", () => {
    expect(read(POLICY, undefined).originUnknown).toBe(true);
    expect(read({ app: "shop" }, undefined).originUnknown).toBe(true);
    expect(read({ app: "shop" }, undefined, TRUST).originUnknown).toBe(false);
    expect(read({ other: "x" }, undefined).originUnknown).toBe(false);
    expect(read(composeLabels("shop", "web"), undefined).originUnknown).toBe(true);
    expect(read(POLICY, []).originUnknown).toBe(false);
  });
});

describe("the place that compose or Swarm gave a container", () => {
  const COMPOSE = composeLabels("shop", "web");
  const built = ["com.docker.compose.project", "com.docker.compose.service"];

  it("counts although the image says the same, as one has that compose built", () => {
    const { subject, warnings } = read(COMPOSE, built);
    expect(subject).toMatchObject({ project: "shop", service: "web" });
    expect(warnings).toEqual([]);
  });

  it("does not count without compose's mark: such an image was started by hand", () => {
    const { "com.docker.compose.project": project = "", "com.docker.compose.service": service = "" } =
      COMPOSE;
    const labels = { [built[0] as string]: project, [built[1] as string]: service };
    expect(read(labels, built).subject.project).toBeUndefined();
    expect(read(labels, []).subject.project).toBeUndefined();
  });

  it("does not count by a mark that the image has", () => {
    const marks = ["com.docker.compose.config-hash", "com.docker.compose.container-number"];
    expect(read(COMPOSE, [...built, ...marks]).subject.project).toBeUndefined();
    expect(read(COMPOSE, [...built, marks[0] as string]).subject.project).toBe("shop");
  });

  it("counts in a Swarm stack by the task's mark, and by that alone", () => {
    const stack = stackLabels("shop", "web");
    expect(read(stack, []).subject).toMatchObject({
      project: "shop",
      service: "web",
      swarmService: "shop_web",
    });
    expect(read(stack, ["com.docker.swarm.task.id"]).subject.service).toBeUndefined();
    const mixed = { ...stack, "com.docker.compose.config-hash": "5c1f" };
    expect(read(mixed, ["com.docker.swarm.task.id"]).subject.service).toBeUndefined();
  });
});

describe("relevantLabels", () => {
  it("are those that policy looks at, by key, the marks among them", () => {
    const labels = { ...POLICY, ...composeLabels("shop", "web"), "com.docker.compose.oneoff": "False" };
    expect(relevantLabels(labels, ["app"]).map(([key]) => key)).toEqual([
      "app",
      "com.docker.compose.config-hash",
      "com.docker.compose.container-number",
      "com.docker.compose.project",
      "com.docker.compose.service",
      "hyperion.group",
      "hyperion.policy",
    ]);
  });
});
