import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { describeOptions, optionsHelp } from "../../../src/config/help.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { OPTION_NAMES } from "../../../src/config/options.ts";
import { HyperionError } from "../../../src/model/errors.ts";

const directory = mkdtempSync(join(tmpdir(), "hyperion-config-"));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;

function configFile(content: unknown): string {
  const path = join(directory, `${files++}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function failure(argv: readonly string[], environment = {}): { code: string; message: string } {
  try {
    loadConfig(argv, environment);
  } catch (error) {
    if (error instanceof HyperionError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("it did not fail");
}

describe("the configuration", () => {
  it("has defaults that are valid themselves", () => {
    expect(loadConfig([], {})).toEqual({
      pluginSocket: "/run/docker/plugins/hyperion.sock",
      dockerHost: "unix:///var/run/docker.sock",
      stateDir: "/var/lib/hyperion",
      adminSocket: "/run/hyperion/admin.sock",
      dataplane: "ebpf",
      underlay: undefined,
      bpfPath: "/sys/fs/bpf/hyperion",
      vfPool: 16,
      vfLimit: 4096,
      posture: "default-allow",
      identityLabels: [],
      trustImageLabels: false,
      onLabelError: "reject",
      policyFiles: [],
      connectionsMax: 131_072,
      addressPools: [
        { base: "10.144.0.0/12", bits: 20 },
        { base: "fd68:7970:6572::/48", bits: 64 },
      ],
      addressReuseDelayMs: 60_000,
      logFormat: "text",
    });
  });

  it("takes file over DOCKER_HOST over default, environment over file, command line over all", () => {
    const file = configFile({ dockerHost: "tcp://file:1", vfPool: 1, vfLimit: 10, underlay: "file0" });
    const environment = { HYPERION_CONFIG: file, HYPERION_VF_POOL: "2", HYPERION_UNDERLAY: "env0" };
    const config = loadConfig(["--underlay", "arg0"], { ...environment, DOCKER_HOST: "tcp://docker:1" });
    expect(config).toMatchObject({ dockerHost: "tcp://file:1", vfLimit: 10, vfPool: 2, underlay: "arg0" });
    expect(loadConfig([], { DOCKER_HOST: "tcp://docker:1" }).dockerHost).toBe("tcp://docker:1");
  });

  it("takes --config over HYPERION_CONFIG", () => {
    const environment = { HYPERION_CONFIG: configFile({ vfPool: 1 }) };
    expect(loadConfig([`--config=${configFile({ vfPool: 2 })}`], environment).vfPool).toBe(2);
  });

  it("reads text and JSON alike", () => {
    const pools = [{ base: "10.64.0.0/12", bits: 20 }];
    const fromFile = configFile({
      identityLabels: ["app", "com.example/role"],
      trustImageLabels: true,
      addressPools: [{ base: "10.64.0.0/12", size: 20 }],
    });
    const labels = ["--identity-labels", "app, com.example/role", "--trust-image-labels=true"];
    const fromText = [...labels, "--address-pools=10.64.0.0/12:20"];
    const expected = {
      identityLabels: ["app", "com.example/role"],
      trustImageLabels: true,
      addressPools: pools,
    };
    expect(loadConfig(["--config", fromFile], {})).toMatchObject(expected);
    expect(loadConfig(fromText, {})).toMatchObject(expected);
  });

  it("takes none for no Docker and no underlay, and an empty variable for none at all", () => {
    const config = loadConfig(["--docker-host", "none"], { HYPERION_UNDERLAY: "", HYPERION_VF_POOL: "" });
    expect(config).toMatchObject({ dockerHost: undefined, underlay: undefined, vfPool: 16 });
  });

  it("is frozen throughout", () => {
    const config = loadConfig(["--identity-labels=app"], {});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.identityLabels)).toBe(true);
    expect(Object.isFrozen(config.addressPools)).toBe(true);
    expect(Object.isFrozen(config.addressPools[0])).toBe(true);
  });
});

describe("an option that does not exist", () => {
  it.each([
    [["--plugin-soket", "/x"], {}, 'unknown option "--plugin-soket"; did you mean --plugin-socket?'],
    [["--vfpool=3"], {}, 'unknown option "--vfpool"; did you mean --vf-pool?'],
    [[], { HYPERION_POSTRUE: "x" }, 'unknown option "HYPERION_POSTRUE"; did you mean HYPERION_POSTURE?'],
  ])("%j %j is named with the one that was meant", (argv, environment, message) => {
    expect(failure(argv, environment)).toEqual({ code: "E701", message });
  });

  it("is named with all that there are when it is like none", () => {
    const { code, message } = failure(["serve-me-well"]);
    expect(code).toBe("E701");
    expect(message).toMatch(/; valid options are --plugin-socket, .*, --config$/);
  });

  it("is found in the file too", () => {
    const path = configFile({ vfPol: 3 });
    expect(failure(["--config", path])).toEqual({
      code: "E703",
      message: `configuration file ${path}: unknown option "vfPol"; did you mean vfPool?`,
    });
  });
});

describe("a value that does not fit", () => {
  it.each([
    ["--plugin-socket", "run/x.sock", "an absolute path"],
    ["--docker-host", "ssh://me@there", "a Docker host like"],
    ["--dataplane", "dpdk", "ebpf or doca:…"],
    ["--dataplane", "ebpf:eth0", "ebpf or doca:…"],
    ["--dataplane", "doca:", "ebpf or doca:…"],
    ["--dataplane", "doca:a b", "ebpf or doca:…"],
    ["--underlay", "a-name-of-16-byt", "the name of a network device, or none"],
    ["--underlay", "eth0/1", "the name of a network device, or none"],
    ["--vf-pool", "-1", "a whole number from 0 to 1024"],
    ["--vf-pool", "1.5", "a whole number from 0 to 1024"],
    ["--vf-pool", "", "a whole number from 0 to 1024"],
    ["--vf-pool", "1e2", "a whole number from 0 to 1024"],
    ["--vf-limit", "8192", "a whole number from 1 to 8191"],
    ["--posture", "allow", "one of default-deny, default-deny-ingress, default-deny-egress, default-allow"],
    ["--on-label-error", "ignore", "quarantine or reject"],
    ["--trust-image-labels", "yes", "true or false"],
    ["--identity-labels", "app,,role", "a list of label keys, like app,role"],
    ["--address-pools", "10.0.0.0/8", "a list of address pools"],
    ["--address-pools", "10.0.0.0/8:4", "a list of address pools"],
    ["--address-pools", "10.0.0.0/8:31", "a list of address pools"],
    ["--log-format", "xml", "text or json"],
  ])("%s %j is refused", (flag, value, expected) => {
    const { code, message } = failure([`${flag}=${value}`]);
    expect(code).toBe("E702");
    expect(message).toContain(`${flag}: ${JSON.stringify(value)} is not ${expected}`);
  });

  it("is named by where it stands", () => {
    const path = configFile({ vfPool: [3] });
    expect(failure([], { HYPERION_VF_POOL: "many" }).message).toBe(
      'HYPERION_VF_POOL: "many" is not a whole number from 0 to 1024',
    );
    expect(failure(["--config", path]).message).toBe(
      `vfPool in ${path}: [3] is not a whole number from 0 to 1024`,
    );
    expect(failure([], { DOCKER_HOST: "ssh://me@there" }).message).toMatch(/^DOCKER_HOST: /);
  });

  it("may be missing", () => {
    expect(failure(["--vf-pool"])).toEqual({
      code: "E702",
      message: "--vf-pool: nothing is not a whole number from 0 to 1024",
    });
    expect(failure(["--underlay", "--vf-pool", "3"]).message).toMatch(/^--underlay: nothing is not /);
    expect(failure(["--config"]).message).toBe("--config: nothing is not the name of a file");
  });

  it("may contradict another", () => {
    expect(failure(["--vf-limit", "10"], { HYPERION_VF_POOL: "11" })).toEqual({
      code: "E702",
      message: "HYPERION_VF_POOL: 11 is not at most --vf-limit, which is 10",
    });
  });

  it("is cut to a length that can be read", () => {
    expect(failure([`--posture=${"x".repeat(10_000)}`]).message.length).toBeLessThan(200);
  });
});

describe("a configuration file", () => {
  it.each([
    ["that is not there", () => join(directory, "absent.json"), /ENOENT/],
    ["that is no file", () => directory, /EISDIR/],
    ["that is not JSON", () => configFile("{vfPool: 3}"), /JSON/],
    ["that holds no object", () => configFile([]), /it does not hold a JSON object/],
    ["that holds null", () => configFile("null"), /it does not hold a JSON object/],
  ])("%s is refused by name", (_what, make, reason) => {
    const path = make();
    const { code, message } = failure(["--config", path]);
    expect(code).toBe("E703");
    expect(message).toContain(`configuration file ${path}: `);
    expect(message).toMatch(reason);
  });
});

describe("--help", () => {
  it("has every option, with the names that the loader knows", () => {
    for (const { flag, environment, key } of describeOptions()) {
      expect(optionsHelp()).toContain(`  ${flag} `);
      if (key === undefined) continue;
      // A value of the wrong kind is E702 and not E701, so that the name is known.
      expect(failure([`${flag}=\0`]).code).toBe("E702");
      expect(failure([], { [environment]: "\0" }).code).toBe("E702");
    }
    expect(describeOptions()).toHaveLength(OPTION_NAMES.length + 1);
  });
});
