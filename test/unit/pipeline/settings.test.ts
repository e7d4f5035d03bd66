import { describe, expect, it } from "vitest";
import type { ContainerFacts, EndpointFacts, PolicyFacts } from "../../../src/model/facts.ts";
import type { EndpointId } from "../../../src/model/ids.ts";
import type { EndpointRow } from "../../../src/model/rows.ts";
import { Compiler, type Desired, type Settings, startProblems } from "../../../src/pipeline/index.ts";
import { formatProblem } from "../../../src/policy/index.ts";
import { composeLabels } from "../policy/subjects.ts";
import { container, endpoint, facts, network, numbering, SETTINGS } from "./facts.ts";

const NET = network("shop_default");

function compile(
  endpoints: readonly EndpointFacts[],
  settings: Partial<Settings> = {},
  policies: readonly PolicyFacts[] = [],
) {
  const world = { ...facts([NET], endpoints), policies: new Map(policies.map((one) => [one.name, one])) };
  return new Compiler({ ...SETTINGS, ...settings }).compile(world, numbering());
}

const viewOf = (desired: Desired, index = 1) => desired.endpoints.get(`e${index}` as EndpointId);
const rowOf = (desired: Desired, index = 1) =>
  [...desired.groups.values()]
    .flat()
    .find((row): row is EndpointRow => row.table === "endpoint" && row.endpoint === index);
const one = (labels: Record<string, string>, some: Partial<ContainerFacts> = {}) =>
  endpoint(1, NET, { ...container("web-1", labels), ...some });

describe("labels of the image", () => {
  const POSTURE = { "hyperion.policy": "default-deny" };

  it("are in the view as warnings (W401), and decide nothing", () => {
    const desired = compile([one(POSTURE, { inherited: ["hyperion.policy"] })]);
    expect(rowOf(desired)).toMatchObject({ mode: "enforce", ingressDeny: false });
    expect(viewOf(desired)?.warnings).toMatchObject([{ code: "W401", label: "hyperion.policy" }]);
    const trusting = compile([one(POSTURE, { inherited: ["hyperion.policy"] })], { trustImageLabels: true });
    expect(rowOf(trusting)).toMatchObject({ ingressDeny: true });
    expect(viewOf(trusting)?.warnings).toEqual([]);
  });

  it("keep a container in quarantine while nobody knows which they are", () => {
    const unknown = compile([one(POSTURE, { inherited: undefined })]);
    expect(viewOf(unknown)).toMatchObject({
      quarantine: "image-unknown",
      mode: "quarantine",
      owner: undefined,
    });
    expect(viewOf(compile([one({ other: "x" }, { inherited: undefined })]))?.quarantine).toBeUndefined();
    const trusting = compile([one(POSTURE, { inherited: undefined })], { trustImageLabels: true });
    expect(viewOf(trusting)?.quarantine).toBeUndefined();
  });
});

describe("labels of the image, of containers that are else alike", () => {
  const LABELS = { "hyperion.policy": "default-deny" };

  it("hold the one of whose labels nobody knows it, and not the others", () => {
    const desired = compile([
      one(LABELS),
      endpoint(2, NET, { ...container("web-2", LABELS), inherited: undefined }),
      endpoint(3, NET, container("web-3", LABELS)),
    ]);
    expect([1, 2, 3].map((index) => viewOf(desired, index)?.quarantine)).toEqual([
      undefined,
      "image-unknown",
      undefined,
    ]);
  });

  it("are warned of where they are, and not elsewhere", () => {
    const inherited = { ...container("web-2", LABELS), inherited: ["hyperion.policy"] };
    const desired = compile([one({}), endpoint(2, NET, inherited)]);
    expect([1, 2].map((index) => viewOf(desired, index)?.warnings.length)).toEqual([0, 1]);
  });

  it("are no reason to refuse a container while nobody knows whether they are", () => {
    const wrong = { "hyperion.mode": "x", "hyperion.offload": "require" };
    const asked = (inherited: readonly string[] | undefined) =>
      startProblems({ driverOptions: {}, container: { ...container("web-1", wrong), inherited } }, SETTINGS);
    expect(asked(undefined)).toEqual({ problems: [], needsRoom: false });
    expect(asked([]).problems.map(({ code }) => code)).toEqual(["E150", "E510"]);
  });
});

describe("hyperion.offload", () => {
  it("require on a data plane that is no NIC is quarantine with a reason (E510)", () => {
    const require = { "hyperion.offload": "require" };
    const desired = compile([one(require)]);
    expect(viewOf(desired)).toMatchObject({ quarantine: "offload", problems: [{ code: "E510" }] });
    const [problem] = viewOf(desired)?.problems ?? [];
    expect(problem && formatProblem(problem, "web-1")).toMatch(
      /^E510 web-1: label hyperion\.offload\n {2}require\n/,
    );
    const options = endpoint(1, NET, container("web-1"), { driverOptions: require });
    expect(viewOf(compile([options]))?.problems).toMatchObject([{ carrier: "driver_opts" }]);
    expect(viewOf(compile([one(require)], { hardware: true }))?.quarantine).toBeUndefined();
  });

  it.each([
    ["off", true],
    ["prefer", false],
  ])("%s: software is %s", (value, software) => {
    expect(rowOf(compile([one({ "hyperion.offload": value })], { hardware: true }))).toMatchObject({
      software,
    });
  });
});

describe("hyperion.mode", () => {
  it.each(["enforce", "audit", "learn"])("%s", (mode) => {
    expect(rowOf(compile([one({ "hyperion.mode": mode })]))).toMatchObject({ mode });
  });
});

describe("the owner in a view", () => {
  it("is the endpoint as `decide` asks for it, name and all, although replicas share the rest", () => {
    const twin = endpoint(2, NET, container("web-2", composeLabels("shop", "web")));
    const desired = compile([one(composeLabels("shop", "web")), twin]);
    expect([1, 2].map((index) => viewOf(desired, index)?.owner?.subject.containerName)).toEqual([
      "web-1",
      "web-2",
    ]);
    expect(viewOf(desired, 1)?.identity).toBe(viewOf(desired, 2)?.identity);
  });
});

describe("on NETWORK", () => {
  const RULE = { ...composeLabels("shop", "web"), "hyperion.ingress.a": "allow tcp/80 on back" };
  const applies = (at: Partial<typeof NET>) => {
    const on = { ...NET, ...at };
    const world = facts([on], [endpoint(1, on, container("web-1", RULE))]);
    return viewOf(new Compiler(SETTINGS).compile(world, numbering()))?.rules.size === 1;
  };

  it("goes by the name that Docker shows, or by the compose key of the owner's own project", () => {
    expect(applies({ name: "back" })).toBe(true);
    expect(applies({ name: "custom", compose: { project: "shop", key: "back" } })).toBe(true);
    expect(applies({ name: "shop_back" })).toBe(true);
    expect(applies({ name: "custom", compose: { project: "blog", key: "back" } })).toBe(false);
    expect(applies({ name: "shop_back", compose: { project: "shop", key: "front" } })).toBe(false);
    expect(applies({ name: "blog_back" })).toBe(false);
  });
});

describe("admin policies", () => {
  const policy = (rule: Partial<PolicyFacts["rules"][number]>, name = "base"): PolicyFacts => ({
    name,
    version: 1,
    tier: "admin",
    rules: [{ name: "no-telnet", applies: "containers", ...rule }],
    appliedAtMs: 0,
  });
  const TELNET = policy({ ingress: "deny tcp/23" });

  it("become rules of those to whom they apply, before their own", () => {
    const desired = compile([one({ "hyperion.ingress.a": "allow tcp" })], {}, [TELNET]);
    expect([...(viewOf(desired)?.rules.values() ?? [])].map(({ tier, name }) => `${tier}:${name}`)).toEqual([
      "admin:no-telnet",
      "container:a",
    ]);
  });

  it("tell replicas apart by name only where `applies` asks for one", () => {
    const twins = [1, 2].map((index) => endpoint(index, NET, container(`web-${index}`)));
    const policies = (applies: string) => {
      const desired = compile(twins, {}, [policy({ applies, ingress: "deny tcp/23" })]);
      return [1, 2].map((index) => viewOf(desired, index)?.rules.size);
    };
    expect(policies("containers")).toEqual([1, 1]);
    expect(policies("container:web-2")).toEqual([0, 1]);
    expect(policies("!container:web-2")).toEqual([1, 0]);
  });

  it("change at once what they concern, and nothing else", () => {
    const compiler = new Compiler(SETTINGS);
    const numbers = numbering();
    const endpoints = [
      endpoint(1, NET, container("db", { "hyperion.group": "db" })),
      endpoint(2, NET, container("x")),
    ];
    const before = compiler.compile(facts([NET], endpoints), numbers);
    const closed = policy({ applies: "group:db", posture: "default-deny" });
    const after = compiler.compile(
      { ...facts([NET], endpoints), policies: new Map([["base", closed]]) },
      numbers,
    );
    expect(rowOf(after)).toMatchObject({ ingressDeny: true, egressDeny: true });
    const changed = [...after.groups.keys()].filter(
      (name) => before.groups.get(name) !== after.groups.get(name),
    );
    expect(changed).toEqual(["policy:2", "endpoint:e1"]);
    expect(viewOf(after)?.posture?.ingress).toEqual({ verdict: "deny", by: "admin", rule: "no-telnet" });
  });

  it("quarantine everybody when one cannot be read, as nobody knows whom it was to protect", () => {
    const desired = compile([one({})], {}, [TELNET, policy({ ingress: "gibberish" }, "worse")]);
    expect(viewOf(desired)).toMatchObject({
      quarantine: "admin-policy",
      problems: [{ code: "E102", label: "worse: no-telnet.ingress" }],
    });
  });
});
