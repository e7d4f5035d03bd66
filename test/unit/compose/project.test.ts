// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes variables so
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ComposeProject, loadProject, type Place } from "../../../src/compose/index.ts";
import { MESSAGE_LENGTH_MAX } from "../../../src/model/errors.ts";
import { MemoryFiles } from "./memory-files.ts";

/** Texts of files by path, as seen from the folder `shop`; one alone is compose.yaml's. */
type Texts = Readonly<Record<string, string>> | string;

function load(texts: Texts): Promise<ComposeProject> {
  const named = typeof texts === "string" ? { "compose.yaml": texts } : texts;
  const absolute = Object.entries(named).map(([path, text]) => [join("/srv/shop", path), text] as const);
  const files = new MemoryFiles("/srv/shop", Object.fromEntries(absolute));
  return loadProject({ files: [], env: { HOME: "/srv" } }, files);
}

const at = (place: Place | undefined) => place && `${place.file}:${place.line}:${place.column}`;

async function noticesOf(texts: Texts): Promise<readonly string[]> {
  const { notices } = await load(texts);
  return notices.map(({ code, text, where }) => `${code} ${at(where) ?? "-"} ${text}`);
}

function refusal(texts: Texts): Promise<string> {
  return load(texts).then(
    () => "read",
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  );
}

describe("places", () => {
  it("are those of the values, in the file that said them last", async () => {
    const { services } = await load({
      "compose.yaml": `services:
  a:
    image: x
    labels:
      one: base
      two:   "base"
      three: >-
        folded
  b:
    image: x
    extends: a
    labels:
      - two=over
      - 'three=over'
`,
      "compose.override.yaml": "services:\n  a:\n    labels: [one=over]\n",
    });
    const [a, b] = services;
    expect(at(a?.where("one"))).toBe("compose.override.yaml:3:18");
    expect(at(a?.where("two"))).toBe("compose.yaml:6:14");
    expect(at(a?.where("three"))).toBe("compose.yaml:7:14");
    expect(at(b?.where("one"))).toBe("compose.yaml:5:12");
    expect(at(b?.where("two"))).toBe("compose.yaml:13:13");
    expect(at(b?.where("three"))).toBe("compose.yaml:14:16");
    expect(a?.where("four")).toBeUndefined();
    expect(at(a?.place)).toBe("compose.override.yaml:2:3");
    expect(at(b?.place)).toBe("compose.yaml:9:3");
  });

  it("lead through anchors, included files and label files", async () => {
    const { services, networks } = await load({
      "compose.yaml": `include: [../lib/inc.yaml]
x-labels: &labels {one: 1}
services:
  a:
    image: x
    label_file: [own.labels, ~/home.labels]
    labels: *labels
    networks:
      n:
        driver_opts:
          hyperion.mode: audit
    ports:
      - 80:80
networks:
  n:
    driver_opts: {hyperion.policy: default-deny}
`,
      "own.labels": "# comment\n\ntwo=2\n",
      "../home.labels": "four=4\n",
      "../lib/inc.yaml": "services:\n  i: {image: x, label_file: inc.labels, labels: {three: 3}}\n",
      "../lib/inc.labels": "five=5\n",
    });
    const [a, i] = services;
    expect(a?.labels).toEqual({ one: "1", two: "2", four: "4" });
    expect(at(a?.where("one"))).toBe("compose.yaml:2:25");
    expect(at(a?.where("two"))).toBe("own.labels:3:1");
    expect(at(a?.where("four"))).toBe("/srv/home.labels:1:1");
    expect(at(i?.where("three"))).toBe("/srv/lib/inc.yaml:2:57");
    expect(at(i?.where("five"))).toBe("/srv/lib/inc.labels:1:1");
    expect(at(a?.networks[0]?.place)).toBe("compose.yaml:9:7");
    expect(at(a?.networks[0]?.where("hyperion.mode"))).toBe("compose.yaml:11:26");
    expect(at(a?.ports[0]?.place)).toBe("compose.yaml:13:9");
    const [fallback, n] = networks;
    expect(at(n?.place)).toBe("compose.yaml:15:3");
    expect(at(n?.where("hyperion.policy"))).toBe("compose.yaml:16:36");
    expect(fallback).toMatchObject({ key: "default", name: "shop_default", place: undefined });
  });
});

describe("what is said", () => {
  it("is in the order of the place, and the same in any order of keys", async () => {
    const one = await load(
      "services: {b: {image: x}, a: {image: y, networks: [n, m]}}\nnetworks: {n: , m: }",
    );
    const other = await load(
      "networks: {m: , n: }\nservices: {a: {networks: [m, n], image: y}, b: {image: x}}",
    );
    const names = ({ services, networks }: ComposeProject) => [
      services.map((service) => [service.name, service.networks.map(({ key }) => key)]),
      networks.map(({ name }) => name),
    ];
    expect(names(one)).toEqual([
      [
        ["a", ["m", "n"]],
        ["b", ["default"]],
      ],
      ["shop_default", "shop_m", "shop_n"],
    ]);
    expect(names(other)).toEqual(names(one));
  });

  it("tells the modes of networks apart", async () => {
    const modes = ["host", "none", "service:z", "container:a:b", "bridge", "service:"];
    const services = modes.map((mode, i) => `s${i}: {image: x, network_mode: "${mode}"}`);
    const reading = load(`services: {z: {image: x}, ${services.slice(0, 5).join(", ")}}`);
    expect((await reading).services.map(({ networkMode }) => networkMode)).toEqual([
      { kind: "host" },
      { kind: "none" },
      { kind: "service", service: "z" },
      { kind: "container", container: "a:b" },
      { kind: "named", network: "bridge" },
      { kind: "networks" },
    ]);
    expect(await refusal(`services: {${services[5]}}`)).toMatch(/^E164 /);
  });
});

describe("notices", () => {
  it("are given for variables that are not set, once for each place", async () => {
    expect(
      await noticesOf('services:\n  a:\n    image: "$N:$N$M"\n    labels: {l: "${N:-}", m: "${O-$N}"}\n'),
    ).toEqual([
      "W501 compose.yaml:3:12 variable N is not set, and reads as nothing",
      "W501 compose.yaml:3:12 variable M is not set, and reads as nothing",
      "W501 compose.yaml:4:30 variable N is not set, and reads as nothing",
    ]);
  });

  it("are given for policy where it governs nothing", async () => {
    expect(
      await noticesOf(`services:
  a:
    image: x
    deploy: {labels: {hyperion.policy: default-deny, other: x}}
    annotations: [hyperion.mode=audit]
    build: {context: ., labels: {hyperion.group: web}}
  h:
    image: x
    network_mode: host
    labels: {hyperion.policy: default-deny, other: x}
  s:
    image: x
    network_mode: service:a
    labels: {hyperion.group: web}
networks:
  n: {labels: {hyperion.policy: default-deny}}
volumes:
  v: {labels: [hyperion.policy]}
`),
    ).toEqual([
      "W502 compose.yaml:4:40 service a: hyperion.policy in deploy.labels labels the service and not its containers; write it in labels",
      "W502 compose.yaml:5:33 service a: hyperion.mode in annotations is no label; write it in labels",
      "W502 compose.yaml:6:50 service a: hyperion.group in build.labels labels the image, whose labels are no policy unless the daemon trusts images; write it in labels",
      "W506 compose.yaml:10:31 service h has no network of its own, and hyperion.policy governs nothing",
      "W506 compose.yaml:14:30 service s has no network of its own, and hyperion.group governs nothing; those of service a count",
      "W502 compose.yaml:16:33 networks.n: hyperion.policy labels no container; write it in a service's labels",
      "W502 compose.yaml:18:16 volumes.v: hyperion.policy labels no container; write it in a service's labels",
    ]);
  });

  it("are given for what is left out or not described", async () => {
    expect(
      await noticesOf({
        "compose.yaml": `services:
  a: {image: x, network_mode: "container:other"}
  b: {image: x, network_mode: bridge}
  c: {image: x, profiles: [p, q]}
  d: {provider: {type: cloud}}
`,
        "docker-compose.yml": "",
      }),
    ).toEqual([
      "W508 - Docker reads compose.yaml, and not docker-compose.yml",
      "W504 compose.yaml:2:31 service a shares the network of container other, which is not described here",
      "W505 compose.yaml:3:31 service b is on network bridge, which is not described here",
      "W503 compose.yaml:4:3 service c is left out, as none of its profiles is active: p, q",
      "W507 compose.yaml:5:17 service d is made by a provider, and is no container",
    ]);
  });

  it("are not given for what is plain", async () => {
    const text = "services: {a: {image: x, labels: {hyperion.policy: default-deny, v: $$N}, networks: [n]}}";
    expect(
      await noticesOf(`${text}\nnetworks: {n: {driver: hyperion, driver_opts: {hyperion.policy: x}}}`),
    ).toEqual([]);
  });
});

describe("refusals", () => {
  it.each([
    [
      "services: {a: {image: x, label: {}}}",
      'E161 compose.yaml:1:26: services.a: there is no key "label" here; did you mean "labels"?',
    ],
    [
      "service: {}",
      'E161 compose.yaml:1:1: the file: there is no key "service" here; did you mean "services"?',
    ],
    [
      "services: {a b: {image: x}}",
      'E161 compose.yaml:1:12: services: there is no key "a b" here; use letters, digits, ".", "_" and "-"',
    ],
    ["services: {a: {image: [x]}}", "E161 compose.yaml:1:23: services.a.image: must be a string"],
    [
      "services: {a: {image: x, deploy: {replicas: 1.5}}}",
      "E161 compose.yaml:1:45: services.a.deploy.replicas: must be a whole number, or a string",
    ],
    [
      "services: {a: {image: x, cgroup: mine}}",
      "E161 compose.yaml:1:34: services.a.cgroup: must be host or private",
    ],
    [
      "services: {a: {image: x, security_opt: [y, y]}}",
      "E161 compose.yaml:1:40: services.a.security_opt: says the same twice",
    ],
    [
      "services: {a: {image: x, labels: {d: 2020-01-02}}}",
      "E161 compose.yaml:1:38: services.a.labels.d: a date is no text; write it in quotes",
    ],
    [
      "services: {a: {image: x, ports: [{target: 80, publish: 1}]}}",
      'E161 compose.yaml:1:47: services.a.ports[0]: there is no key "publish" here; did you mean "published"?',
    ],
    [
      "services: {a: {image: x, ports: ['80:70000']}}",
      'E161 compose.yaml:1:34: services.a.ports[0]: "80:70000": expected [[ADDRESS:]PORT:]PORT[/PROTOCOL]',
    ],
    [
      "services: {a: {image: x, scale: two}}",
      'E161 compose.yaml:1:33: services.a.scale: "two" is no whole number',
    ],
    [
      'services: {a: {image: "${5}"}}',
      "E161 compose.yaml:1:23: services.a.image: a variable is written $NAME or ${NAME}, and a dollar $$",
    ],
    [
      'services: {a: {image: "${N:?}"}}',
      "E163 compose.yaml:1:23: variable N is required: set it in the environment or in .env",
    ],
    [
      "services: {a: {image: x, networks: [n]}}",
      "E164 compose.yaml:1:37: services.a.networks: there is no network n in this project",
    ],
    [
      "services: {a: {image: x, depends_on: [b]}}",
      "E164 compose.yaml:1:39: services.a.depends_on: service b does not exist",
    ],
    ["include: [b.yaml]", "E162 compose.yaml:1:11: includes b.yaml, and there is no such file"],
    [
      "include: ['https://example.org/a.git']",
      'E162 compose.yaml:1:11: "https://example.org/a.git" would have to be fetched; name a copy of it on this machine',
    ],
    [
      "services: {a: {extends: {file: 'oci://x/y', service: b}}}",
      'E162 compose.yaml:1:25: "oci://x/y" would have to be fetched; name a copy of it on this machine',
    ],
    [
      "name: '!'\nservices: {a: {image: x}}",
      'E166 compose.yaml: "!" is no project name; use lower-case letters, digits, - and _',
    ],
    ["# nothing", "E160 compose.yaml: the compose file is empty"],
  ])("say where and what: %s", async (text, message) => {
    expect(await refusal(text)).toBe(message);
  });

  it("say that there is no file", async () => {
    expect(await refusal({})).toBe("E165 no compose file in /srv/shop or above; name one with -f");
  });

  it("name included files in the order in which they include each other", async () => {
    const texts = {
      "compose.yaml": "include: [b.yaml]",
      "b.yaml": "include: [c.yaml]",
      "c.yaml": "include: [b.yaml]",
    };
    expect(await refusal(texts)).toBe("E162 c.yaml:1:11: b.yaml includes c.yaml includes b.yaml");
  });

  it("stay short, however long what they are about is", async () => {
    const long = "k".repeat(300);
    const texts: readonly Texts[] = [
      `services: {${long}: {${long}: x}}`,
      `services: {a: {image: x, labels: {${long}: [x]}}}`,
      `services: {a: {image: "\${${long}:?${long}}"}}`,
      `name: "${"é".repeat(300)}"`,
      `include: [${long}.yaml]`,
      `services: {a: {extends: ${long}}}`,
      { "compose.yaml": "include: [x.yaml]", [`../${long}/compose.yaml`]: "" },
    ];
    for (const text of texts) {
      const said = await refusal(text);
      expect(said).toMatch(/^E16\d /);
      expect(said.length - "E160 ".length).toBeLessThan(MESSAGE_LENGTH_MAX);
    }
  });
});
