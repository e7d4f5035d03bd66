// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes variables so
/**
 * Compose projects, small ones. What docker compose makes of each stands in frozen.json, written by
 * freeze.ts; cases.test.ts holds our reading against that, test/conformance/compose.test.ts against the
 * compose of the machine at hand.
 */
export interface ComposeCase {
  readonly name: string;
  /** By path below the folder that all files are in. The command runs in its folder `shop`. */
  readonly files: Readonly<Record<string, string>>;
  /** Options of `docker compose`, before `config`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** First version of compose that does what the newest does. */
  readonly since: readonly [major: number, minor: number];
}

const V2 = [2, 26] as const;
const V2_40 = [2, 40] as const;

/** One file, compose.yaml. */
function one(name: string, text: string, more: Partial<ComposeCase> = {}): ComposeCase {
  return { name, files: { "shop/compose.yaml": text }, since: V2, ...more };
}

/** A service `a` with something more, each line indented below it. */
function service(name: string, lines: string, more: Partial<ComposeCase> = {}): ComposeCase {
  const indented = lines.replace(/^(?=.)/gm, "    ");
  return one(name, `services:\n  a:\n    image: x\n${indented}\n`, more);
}

/** Two files, the second on top. */
function two(name: string, base: string, over: string, more: Partial<ComposeCase> = {}): ComposeCase {
  return {
    name,
    files: { "shop/base.yaml": base, "shop/over.yaml": over },
    args: ["-f", "base.yaml", "-f", "over.yaml"],
    since: V2,
    ...more,
  };
}

const labels: readonly ComposeCase[] = [
  service(
    "labels as a mapping",
    'labels:\n  a: x\n  b: 1\n  c: 1.50\n  d: true\n  e:\n  f: ""\n  g.h/i: "a=b"',
  ),
  service("labels as a list", 'labels:\n  - a=x\n  - b\n  - c=\n  - d=e=f\n  - "e= spaced "'),
  service("the same label twice in a list", "labels:\n  - a=1\n  - a=2"),
  service(
    "numbers in labels",
    "labels:\n  a: 0123\n  b: 1e3\n  c: 0x1f\n  d: 1_000\n  e: 1000000.0\n  f: .5",
  ),
  service("words in labels", "labels:\n  a: yes\n  b: no\n  c: on\n  d: TRUE\n  e: ~\n  f: y"),
  service("a date in a label", "labels:\n  a: 2020-01-02", { since: V2_40 }),
  service("a list in a label", "labels:\n  a: [x]"),
  service("a number in a list of labels", "labels:\n  - 5"),
  service("labels of deploy", "labels: {a: own}\ndeploy:\n  labels: {hyperion.policy: default-deny}"),
  service("an octal tag and a tag of nobody's", "labels:\n  a: !!str 0123\n  b: !own 12"),
  service("block scalars", "labels:\n  a: |\n    one\n    two\n  b: >-\n    three\n    four"),
  one(
    "label files",
    "services:\n  a:\n    image: x\n    label_file: [a.labels, b.labels]\n    labels: {own: wins}\n",
    {
      files: {
        "shop/compose.yaml":
          "services:\n  a:\n    image: x\n    label_file: [a.labels, b.labels]\n    labels: {own: wins}\n",
        "shop/a.labels": "# comment\nfrom=a\nown=a\nquoted='x # y'\n",
        "shop/b.labels": 'from=b\nmade="${quoted} z"\n',
      },
      since: V2_40,
    },
  ),
  service("a label file that is missing", "label_file: none.labels", { since: V2_40 }),
];

const networks: readonly ComposeCase[] = [
  service("the default network", ""),
  one(
    "networks by list and by mapping",
    `services:
  a: {image: x, networks: [front, back]}
  b:
    image: x
    networks:
      back:
        aliases: [db, store]
        ipv4_address: 10.5.0.5
        ipv6_address: fd00::5
        driver_opts: {hyperion.mode: audit, n: 5}
      front:
networks:
  front: {}
  back:
    driver: hyperion
    internal: true
    enable_ipv6: true
    driver_opts: {hyperion.policy: default-deny, com.docker.network.driver.mtu: 1400}
    ipam: {driver: default, config: [{subnet: 10.5.0.0/16, gateway: 10.5.0.1}, {subnet: "fd00::/64"}]}
    labels: [team=a, b]
  unused: {}
`,
  ),
  one("an empty list of networks", "services: {a: {image: x, networks: []}}"),
  one(
    "names of networks",
    "services: {a: {image: x, networks: [n, m, default]}}\nnetworks:\n  n: {name: my net}\n  m: {name: ''}\n  default: {name: whole}",
  ),
  one(
    "an external network",
    "services: {a: {image: x, networks: [n, m]}}\nnetworks: {n: {external: true}, m: {external: true, name: theirs}}",
  ),
  one(
    "an external network, the old way",
    "services: {a: {image: x, networks: [n]}}\nnetworks: {n: {external: {name: theirs}}}",
  ),
  one(
    "an external network with two names",
    "services: {a: {image: x, networks: [n]}}\nnetworks: {n: {name: a, external: {name: b}}}",
  ),
  one(
    "an external default network",
    "services: {a: {image: x}}\nnetworks: {default: {external: true, name: theirs}}",
  ),
  one(
    "an external network that says yes",
    'services: {a: {image: x, networks: [n]}}\nnetworks: {n: {external: "yes", internal: "off"}}',
  ),
  one("an undefined network", "services: {a: {image: x, networks: [n]}}"),
  one(
    "network modes",
    `services:
  a: {image: x, network_mode: host}
  b: {image: x, network_mode: none}
  c: {image: x, network_mode: "service:e"}
  d: {image: x, network_mode: "container:other"}
  e: {image: x}
  f: {image: x, network_mode: bridge}
`,
  ),
  one("a mode and networks", "services: {a: {image: x, network_mode: host, networks: [default]}}"),
  one("the network of a service that is missing", 'services: {a: {image: x, network_mode: "service:b"}}'),
  one(
    "services that share in a circle",
    'services: {a: {image: x, network_mode: "service:b"}, b: {image: x, network_mode: "service:a"}}',
  ),
];

const ports: readonly ComposeCase[] = [
  service(
    "ports in short",
    'ports:\n  - 80\n  - "81"\n  - "8082:82"\n  - "127.0.0.1:8083:83"\n  - "127.0.0.1::84"\n  - "8085:85/udp"\n  - "86/SCTP"\n  - "[::1]:8087:87"\n  - "0.0.0.0:89:89/"',
  ),
  service(
    "ranges of ports",
    'ports:\n  - "3000-3002"\n  - "4000-4002:5000-5002"\n  - "6000-6010:60"\n  - "127.0.0.1:70-71:70-71/udp"',
  ),
  service("ranges of different lengths", 'ports: ["4000-4002:5000-5005"]'),
  service("a range the wrong way", 'ports: ["90-80"]'),
  service("a port that is too large", 'ports: ["65536"]'),
  service("a port of another protocol", 'ports: ["80/icmp"]'),
  service("a port at a name", 'ports: ["localhost:80:80"]'),
  service("a port at an address without brackets", 'ports: ["::1:80:80"]'),
  service("a fraction of a port", "ports: [80.5]"),
  service(
    "ports at length",
    'ports:\n  - {target: 80, published: 8080, host_ip: 127.0.0.1, protocol: udp, mode: host, name: web}\n  - {target: "81", published: "8081-8090"}\n  - target: 82',
  ),
  service("a port at length without a target", "ports: [{published: 80}]"),
  service("a port at length at a name", "ports: [{target: 80, host_ip: localhost}]", {
    since: V2_40,
  }),
  service("a port twice", 'ports: ["80:80", "80:80", {target: 80, published: "80"}]'),
  service("a port with a key of nobody's", "ports: [{target: 80, publish: 80}]"),
];

const variables: readonly ComposeCase[] = [
  service(
    "variables",
    'labels:\n  a: $A\n  b: ${A}b\n  c: ${N:-d}\n  d: ${N-d}\n  e: ${E:-d}\n  f: ${E-d}\n  g: ${A:+r}\n  h: ${N+r}\n  i: ${E+r}\n  j: ${E:+r}\n  k: $$A\n  l: ${N:-${A}-${N-x}}\n  m: $N|$E|\n  n: ${A:?no}\n  o: ${E?no}\n  p: $5 and $\n  q: ${N:-{"a":1}}\n  r: ${A:-x} and ${N:-y} z',
    { env: { A: "va", E: "" } },
  ),
  service("variables in a list and in a key", 'labels:\n  - "k=$A"\n  - "$A=k"', { env: { A: "va" } }),
  one("variables in keys", "services: {a: {image: x, labels: {$A: k}}}", { env: { A: "va" } }),
  service("variables for numbers and booleans", "scale: ${A}\nlabels:\n  a: ${A}\nread_only: ${B}", {
    env: { A: "2", B: "yes" },
  }),
  service("a variable that is no number", "scale: ${A}", { env: { A: "two" } }),
  service("a required variable without a value", "labels:\n  a: ${N:?give it}"),
  service("a required variable in a default that is not needed", 'labels: {a: "${A:-${N:?give it}}"}', {
    env: { A: "va" },
  }),
  service("a variable that is none", 'labels: {a: "${5}"}'),
  service("a brace that is not closed", 'labels: {a: "${A"}', { env: { A: "va" } }),
  one(
    "the project's name as a variable",
    "name: ${A}x\nservices: {a: {image: x, labels: {a: $COMPOSE_PROJECT_NAME}}}",
    { env: { A: "va" } },
  ),
  one(
    "an env file",
    "services: {a: {image: x, labels: {a: $A, b: $B, c: $C, d: $D, e: $E, f: $F, g: $G, h: $H, i: $I, j: $J}}}",
    {
      files: {
        "shop/compose.yaml":
          'services: {a: {image: x, labels: {a: "$A", b: "$B", c: "$C", d: "$D", e: "$E", f: "$F", g: "$G", h: "$H", i: "$I", j: "$J"}}}',
        "shop/.env":
          '# comment\nA=1 # why\n\nexport B=\'$A # x\'\nC="$A\\n$P" # why\nD: yaml\nE = spaced \nF=a#b\nG="a\n b"\nP=file\nH=$P\nI=\'it\\\'s\'\nJ="\\$A \\"q\\""\n',
      },
      env: { P: "process" },
    },
  ),
  one("env files that are named", 'services: {a: {image: x, labels: {a: "$A", b: "$B", c: "$C"}}}', {
    files: {
      "shop/compose.yaml": 'services: {a: {image: x, labels: {a: "$A", b: "$B", c: "$C"}}}',
      "shop/.env": "A=own\nC=own\n",
      "shop/one.env": "A=1\nB=1\n",
      "shop/two.env": "B=2$A\n",
    },
    args: ["--env-file", "one.env", "--env-file", "two.env"],
  }),
  service("an env file that is missing", "labels: {a: b}", { args: ["--env-file", "none.env"] }),
  one("an env file with a quote that is not closed", "", {
    files: { "shop/compose.yaml": "services: {a: {image: x}}", "shop/.env": "A='x\n" },
  }),
];

const merging: readonly ComposeCase[] = [
  two(
    "labels and environment of two files",
    "services: {a: {image: x, labels: {a: 1, b: base, e=f: g}, environment: [A=1]}, b: {image: y}}",
    "services: {a: {image: z, labels: [b=over, c], environment: {B: 2}}}",
  ),
  two(
    "lists of two files",
    'services: {a: {image: x, ports: ["80:80", "81:81"], dns: 1.1.1.1, expose: ["1"], cap_add: [A]}}',
    'services: {a: {ports: ["81:81", "82:82/udp", {target: 80, published: "80"}], dns: [8.8.8.8, 1.1.1.1], expose: [1, "2"], cap_add: [A, B]}}',
  ),
  two(
    "networks of two files",
    "services: {a: {image: x, networks: [n]}}\nnetworks: {n: {driver_opts: {a: 1}, labels: {l: 1}, ipam: {config: [{subnet: 10.0.0.0/24}]}}}",
    "services: {a: {networks: {m: {aliases: [q]}, n: {aliases: [p]}}}}\nnetworks: {n: {driver: hyperion, driver_opts: {b: 2}, labels: [m=2], ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}, {subnet: 10.1.0.0/24}]}}, m: }",
  ),
  two(
    "null in the file on top",
    "services: {a: {image: x, labels: {a: 1}, ports: [80]}}",
    "services: {a: {labels: , ports: }}",
  ),
  two(
    "the default network of two files",
    "services: {a: {image: x}}",
    "services: {a: {networks: [n]}}\nnetworks: {n: }",
  ),
  two(
    "an external network made our own",
    "services: {a: {image: x, networks: [n]}}\nnetworks: {n: {external: {name: y}}}",
    "networks: {n: {external: false}}",
  ),
  two(
    "a list on top of a mapping",
    "services: {a: {image: x, deploy: {replicas: 2}}}",
    "services: {a: {deploy: []}}",
  ),
  two("names of two files", "name: one\nservices: {a: {image: x}}", "name: Two!\n"),
  two(
    "resets",
    "services: {a: {image: x, labels: {a: 1, b: 2}, ports: [80], networks: [n], dns: 1.1.1.1}}\nnetworks: {n: }",
    "services: {a: {labels: {b: !reset }, ports: !override [81], networks: !reset [], dns: !override 8.8.8.8}}",
  ),
  two("a reset of a service", "services: {a: {image: x}, b: {image: y}}", "services: {b: !reset }"),
  one(
    "several documents in one file",
    "services: {a: {image: x, labels: {a: 1, b: 1}}}\n---\nservices: {a: {labels: {b: 2}}}\n",
  ),
  one("a file and its override", "", {
    files: {
      "shop/docker-compose.yml": "services: {a: {image: x, labels: {a: base}}}",
      "shop/docker-compose.override.yml": "services: {a: {labels: {a: over}}}",
    },
  }),
  one("the file of the folder above", "", {
    files: { "shop/keep": "", "compose.yaml": "name: above\nservices: {a: {image: x}}" },
  }),
  one("COMPOSE_FILE and its separator", "", {
    files: {
      "shop/a.yaml": "services: {a: {image: x}}",
      "shop/b.yaml": "services: {b: {image: x}}",
      "shop/.env": "COMPOSE_FILE=a.yaml,b.yaml\nCOMPOSE_PATH_SEPARATOR=,\n",
    },
  }),
];

const anchors: readonly ComposeCase[] = [
  one(
    "anchors, aliases and merge keys",
    `x-labels: &labels {a: 1, b: 1}
x-more: &more
  c: 2
  a: 2
services:
  a: &a
    image: x
    labels: {<<: [*labels, *more], b: own}
  b:
    <<: *a
    ports: [80]
  c: {<<: *a, labels: *more}
`,
  ),
  one("an anchor that contains itself", "services: {a: &a {image: x, labels: *a}}"),
  one("a key twice", "services: {a: {image: x, image: y}}"),
  one("a key that is a number", "services: {a: {image: x, labels: {5: x}}}"),
  one("a merge key of no mapping", "services: {a: {<<: 5, image: x}}"),
  one("no YAML", "services: {a: {image: x"),
  one("a tab", "services:\n\ta: {image: x}\n"),
  one("an empty file", "# nothing\n"),
  one("a list", "- services\n"),
  one(
    "extensions",
    "x-a: 2020-01-02\nservices: {a: {image: x, x-b: [1], ports: [{target: 80, x-c: 1}]}}\nnetworks: {default: {x-d: 1}}",
  ),
];

const extending: readonly ComposeCase[] = [
  one(
    "extends in the same file",
    `services:
  base: {image: x, labels: {a: base, b: base}, networks: [n], ports: ["80:80"], depends_on: [d]}
  middle: {extends: base, labels: {b: middle}}
  a: {extends: {service: middle}, labels: [c=own], ports: ["81:81"]}
  d: {image: y}
networks: {n: }
`,
  ),
  one("extends from another file", "", {
    files: {
      "shop/compose.yaml":
        "services: {a: {extends: {file: ../lib/base.yaml, service: web}, labels: {a: own}}}\nnetworks: {n: }",
      "lib/base.yaml":
        'services: {web: {extends: {file: more/deep.yaml, service: deep}, image: "x$V", labels: {a: base, b: base}}, other: {image: 5}}',
      "lib/more/deep.yaml": "services: {deep: {networks: [n], labels: {c: deep}, label_file: deep.labels}}",
      "lib/more/deep.labels": "d=file\n",
    },
    env: { V: "1" },
    since: V2_40,
  }),
  one("extends in a circle", "services: {a: {extends: b, image: x}, b: {extends: a}}"),
  one("extends itself", "services: {a: {extends: a, image: x}}"),
  one("extends what is missing", "services: {a: {extends: b, image: x}}"),
  one("extends a file that is missing", "services: {a: {extends: {file: b.yaml, service: b}, image: x}}"),
  one(
    "extends and resets",
    "services: {base: {image: x, labels: {a: 1}, ports: [80]}, a: {extends: base, labels: !reset , ports: !override [81]}}",
  ),
  two(
    "extends in the file on top",
    "services: {base: {image: x, labels: {a: 1}}, a: {image: y, labels: {b: 1}}}",
    "services: {other: {image: z, labels: {c: 1}}, a: {extends: other}}",
  ),
];

const including: readonly ComposeCase[] = [
  one("include in short and at length", "", {
    files: {
      "shop/compose.yaml":
        'include:\n  - ../db/compose.yaml\n  - path: [../web/a.yaml, ../web/b.yaml]\n    project_directory: ../web\n    env_file: own.env\nservices: {a: {image: x, networks: [dbnet], labels: {v: "$V"}}}',
      "shop/own.env": "V=included\nW=included\n",
      "db/compose.yaml":
        'name: ignored\nservices: {db: {image: "x$V", networks: [dbnet]}}\nnetworks: {dbnet: {driver: hyperion}}',
      "db/.env": "V=db\n",
      "web/a.yaml": 'services: {web: {image: x, labels: {v: "$V", w: "$W", p: "$P"}}}',
      "web/b.yaml": "services: {web: {labels: {b: 1}}}",
    },
    env: { P: "process", W: "process" },
  }),
  one("include with a conflict", "", {
    files: {
      "shop/compose.yaml": "include: [b.yaml]\nservices: {a: {image: x}}",
      "shop/b.yaml": "services: {a: {image: y}}",
    },
  }),
  one("include of the same network twice", "", {
    files: {
      "shop/compose.yaml":
        "include: [b.yaml, c.yaml]\nservices: {a: {image: x, networks: [n]}}\nnetworks: {n: {driver: hyperion}}",
      "shop/b.yaml": "services: {b: {image: y, networks: [n]}}\nnetworks: {n: {driver: hyperion}}",
      "shop/c.yaml": "services: {c: {image: y, networks: [n]}}\nnetworks: {n: {driver: hyperion}}",
    },
  }),
  one("include in a circle", "", {
    files: {
      "shop/compose.yaml": "include: [b.yaml]\nservices: {a: {image: x}}",
      "shop/b.yaml": "include: [compose.yaml]",
    },
  }),
  one("include of what is missing", "include: [b.yaml]\nservices: {a: {image: x}}"),
  one("include and its override", "", {
    files: {
      "shop/compose.yaml": "include: [b.yaml]",
      "shop/compose.override.yaml": "services: {b: {labels: {a: over}}}",
      "shop/b.yaml": "services: {b: {image: y, labels: {a: base, b: base}}}",
    },
  }),
];

/** Found by comparing projects made at random. */
const found: readonly ComposeCase[] = [
  service("a list that repeats itself", "security_opt: [a, a]"),
  one(
    "a container's name twice",
    "services: {a: {image: x, container_name: c}, b: {image: x, container_name: c}}",
    {
      since: V2_40,
    },
  ),
  two(
    "dependencies as a list below a mapping",
    "services: {a: {image: x, depends_on: [b, c]}, b: {image: x}, c: {image: x}}",
    "services: {a: {depends_on: {b: {condition: service_healthy}}}}",
  ),
  two(
    "labels whose keys have an equals sign",
    "services: {a: {image: x, labels: {b: 1, c=d: , e=f: 2}}}",
    "services: {a: {labels: {b: 3}}}",
  ),
  one("an empty name server", 'services: {a: {image: x, dns: ""}, b: {image: x, dns: ["", 1.1.1.1]}}', {
    since: V2_40,
  }),
];

const profiles =
  "services: {a: {image: x}, b: {image: x, profiles: [p, q]}, c: {image: x, profiles: [r], networks: [none]}}";
const choosing: readonly ComposeCase[] = [
  one("no profile", profiles),
  one("a profile", profiles, { args: ["--profile", "q"] }),
  one("COMPOSE_PROFILES", profiles, { env: { COMPOSE_PROFILES: "z, p" } }),
  one("a profile and COMPOSE_PROFILES", profiles, {
    args: ["--profile", "z"],
    env: { COMPOSE_PROFILES: "p" },
  }),
  one("every profile", profiles, { args: ["--profile", "*"] }),
  one(
    "what depends on a service left out",
    "services: {a: {image: x, depends_on: [b]}, b: {image: x, profiles: [p]}}",
  ),
  one(
    "what need not depend on a service left out",
    "services: {a: {image: x, depends_on: {b: {condition: service_started, required: false}}}, b: {image: x, profiles: [p]}}",
  ),
  service("replicas of deploy", "deploy: {replicas: 3}"),
  service("scale", "scale: 2"),
  service("scale to nothing", "scale: 0"),
  service("scale and other replicas", "scale: 2\ndeploy: {replicas: 3}"),
  service("a name for two containers", "container_name: one\nscale: 2"),
  service("a container's name", "container_name: my.One"),
  one("-p", "name: x\nservices: {a: {image: x}}", { args: ["-p", "mine"] }),
  one("-p that is none", "services: {a: {image: x}}", { args: ["-p", "My App"] }),
  one("COMPOSE_PROJECT_NAME", "name: x\nservices: {a: {image: x}}", {
    env: { COMPOSE_PROJECT_NAME: "mine" },
  }),
  one("COMPOSE_PROJECT_NAME that is none", "services: {a: {image: x}}", {
    env: { COMPOSE_PROJECT_NAME: "A b" },
  }),
  one("the folder's name", "", {
    files: { "My (New) App/compose.yaml": "services: {a: {image: x}}" },
    args: ["-f", "../My (New) App/compose.yaml"],
  }),
  one("a folder that is no name", "", {
    files: { "__/compose.yaml": "services: {a: {image: x}}" },
    args: ["-f", "../__/compose.yaml"],
  }),
  one("--project-directory", "", {
    files: { "shop/compose.yaml": 'services: {a: {image: x, labels: {v: "$V"}}}', "other/.env": "V=other\n" },
    args: ["-f", "compose.yaml", "--project-directory", "../other"],
  }),
];

const refused: readonly ComposeCase[] = [
  one("a key of nobody's", "services: {a: {image: x, label: {a: 1}}}"),
  one("a section of nobody's", "services: {a: {image: x}}\nservice: {}"),
  one("a service's name", "services: {a b: {image: x}}"),
  one("a service that is a text", "services: {a: x}"),
  one("a service of nothing", "services: {a: }"),
  one("no services", "networks: {n: }"),
  one("services that are a list", "services: [a]"),
  one("neither image nor build", "services: {a: {labels: {a: 1}}}"),
  one("build alone", "services: {a: {build: .}}"),
  one("an undefined service", "services: {a: {image: x, depends_on: [b]}}"),
  one("an undefined secret", "services: {a: {image: x, secrets: [s]}}"),
  one("an undefined volume", 'services: {a: {image: x, volumes: ["data:/data"]}}'),
  one(
    "a circle of dependencies",
    "services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}",
  ),
  one("an old version", 'version: "3.8"\nservices: {a: {image: x}}'),
  one(
    "much of the rest",
    `services:
  a:
    image: x
    command: [a, b]
    entrypoint: ./run
    env_file: [{path: none.env, required: false}]
    healthcheck: {test: [CMD, "true"], interval: 5s}
    volumes: ["data:/data", "./here:/there:ro", {type: tmpfs, target: /tmp}]
    secrets: [s, {source: s, target: t}]
    configs: [c]
    ulimits: {nofile: 1024}
    logging: {driver: json-file}
    sysctls: [net.core.somaxconn=1024]
    extra_hosts: ["h:1.2.3.4"]
    deploy: {resources: {limits: {cpus: "0.5", memory: 1g}}}
    stop_grace_period: 1m
    cap_drop: [ALL]
volumes: {data: }
secrets: {s: {environment: S}}
configs: {c: {content: hello}}
`,
  ),
  service("prototype names", "labels: {__proto__: a, constructor: b}\nnetworks: {__proto__: , toString: }", {
    files: {
      "shop/compose.yaml":
        "services: {__proto__: {image: x, labels: {__proto__: a, constructor: b}, networks: {__proto__: , toString: }}}\nnetworks: {__proto__: , toString: {labels: {__proto__: c}}}",
    },
  }),
];

export const CASES: readonly ComposeCase[] = [
  ...labels,
  ...networks,
  ...ports,
  ...variables,
  ...merging,
  ...anchors,
  ...extending,
  ...including,
  ...choosing,
  ...refused,
  ...found,
];
