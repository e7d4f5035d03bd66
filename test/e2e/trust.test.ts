import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { ComposeProject } from "../../src/playground/compose.ts";
import { IMAGE, labelWords, lacksEngine, type Subject, useBed } from "./bed.ts";

const ALL = "hyperion.ingress.all";
const OPEN = { [ALL]: "allow any" };
/** The engine reads no line of more than 64 KiB. */
const LABELS_PER_LINE = 500;

function useImages(options: Parameters<typeof useBed>[0] = {}) {
  const bed = useBed(options);

  const images = {
    /** `docker build` with labels, without a builder. Answers the image's ID. */
    async build(name: string, labels: Readonly<Record<string, string>>): Promise<string> {
      const words = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
      const changes: string[] = [];
      while (words.length > 0)
        changes.push("--change", `LABEL ${words.splice(0, LABELS_PER_LINE).join(" ")}`);
      const base = await bed().docker("create", IMAGE, "true");
      const id = await bed().docker("commit", ...changes, base, name);
      await bed().docker("rm", base);
      return id;
    },

    /** `docker create` of a container of the image that sleeps. */
    async create(image: string, name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
      await bed().docker(
        ...["create", "--init", "--name", name, "--network", "trust", ...labelWords(labels)],
        ...[image, "sleep", "100000"],
      );
    },

    async run(image: string, name: string, labels: Readonly<Record<string, string>> = {}): Promise<Subject> {
      await images.create(image, name, labels);
      await bed().docker("start", name);
      return bed().subject("trust", name);
    },

    async endpoint(name: string) {
      return bed().untilEndpoint("trust", name, () => true);
    },
  };

  beforeAll(async () => {
    await bed().network(
      "trust",
      61,
      "-o",
      "hyperion.gateway=none",
      "-o",
      "hyperion.policy=default-deny-ingress",
    );
  });

  afterEach(async () => {
    bed().closeProbers();
    const containers = await bed().docker("ps", "-aq");
    if (containers !== "") await bed().docker("rm", "-f", ...containers.split("\n"));
    await bed().until(
      "the endpoints are gone",
      5_000,
      async () => (await bed().daemon.endpoints()).length === 0,
    );
  });

  return { bed, images };
}

describe.skipIf(lacksEngine())("labels of an image", () => {
  const { bed, images } = useImages();

  const ignored = async (container: string) =>
    (await bed().events("label.ignored")).filter((event) => event.container === container);

  it("gain nothing, with a warning in the log and in hyperion endpoints", async () => {
    await images.build("open", OPEN);
    const peer = await images.run(IMAGE, "peer", { [ALL]: "allow icmp" });
    const open = await images.run("open", "plain");
    expect(await peer.prober.icmp(open.ipv4)).toBe("timeout");
    expect(await peer.prober.icmp(open.ipv6)).toBe("timeout");
    expect(await open.prober.icmp(peer.ipv4)).toBe("open");
    const [warning, ...others] = (await images.endpoint("plain")).warnings;
    expect(warning).toMatch(/^W401 plain: label hyperion\.ingress\.all\n/);
    expect(others).toEqual([]);
    expect(await ignored("plain")).toMatchObject([{ level: "warn", code: "W401", message: warning }]);
    expect(await ignored("peer")).toEqual([]);
  });

  it("gain nothing either when the container repeats them, and leave what it says otherwise", async () => {
    await images.build("open", OPEN);
    const peer = await images.run(IMAGE, "peer");
    const repeated = await images.run("open", "repeated", OPEN);
    const other = await images.run("open", "other", { [ALL]: "allow icmp" });
    expect(await peer.prober.icmp(repeated.ipv4)).toBe("timeout");
    expect(await peer.prober.icmp(other.ipv4)).toBe("open");
    expect(await ignored("other")).toEqual([]);
  });

  it("do not stop a container, when wrong; its own do", async () => {
    await images.build("broken", { [ALL]: "alow any" });
    await images.run("broken", "started");
    expect(await ignored("started")).toHaveLength(1);
    await images.create("broken", "refused", { [ALL]: "allow anny" });
    const { status, stderr } = await bed().engine.tryDocker(["start", "refused"]);
    expect(status).not.toBe(0);
    expect(stderr).toContain(`E102 refused: label ${ALL}\n  allow anny\n`);
  });

  it("may be three thousand", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`hyperion.ingress.r${i}`, "allow any"]),
    );
    await images.build("many", many);
    const peer = await images.run(IMAGE, "peer");
    const crowded = await images.run("many", "crowded", { "hyperion.egress.own": "allow icmp" });
    expect(await peer.prober.icmp(crowded.ipv4)).toBe("timeout");
    expect((await images.endpoint("crowded")).warnings).toHaveLength(3000);
    const events = await ignored("crowded");
    expect(events.length).toBeLessThan(20);
    expect(events.at(-1)?.message).toMatch(/^crowded: \d+ more labels of its image are ignored$/);
  });

  it("are known when the image is removed before the start, while it runs and for the daemon's next life", async () => {
    const peer = await images.run(IMAGE, "peer");
    const id = await images.build("open", { ...OPEN, "hyperion.group": "admin" });
    await images.create("open", "orphan", { "hyperion.ingress.udp": "allow udp" });
    await bed().docker("rmi", "-f", id);
    expect((await bed().engine.tryDocker(["image", "inspect", id])).status).not.toBe(0);
    await bed().docker("start", "orphan");
    const orphan = await bed().subject("trust", "orphan");
    expect(await peer.prober.icmp(orphan.ipv4)).toBe("timeout");
    expect((await images.endpoint("orphan")).warnings).toHaveLength(2);
    await bed().daemon.stop();
    await bed().daemon.start();
    const endpoint = await bed().subject("trust", "orphan");
    expect(await peer.prober.icmp(endpoint.ipv4)).toBe("timeout");
    expect((await images.endpoint("orphan")).warnings).toHaveLength(2);
    await bed().docker("restart", "-t", "0", "orphan");
    const again = await bed().subject("trust", "orphan");
    expect(await peer.prober.icmp(again.ipv4)).toBe("timeout");
    expect(await again.prober.icmp(peer.ipv4)).toBe("timeout");
  });

  it("of which nobody knows any more keep the container in quarantine, which says so", async () => {
    const id = await images.build("open", OPEN);
    await bed().daemon.stop();
    const { status } = await bed().engine.tryDocker([
      ...["create", "--init", "--name", "unknown", "--network", "trust", "open", "sleep", "100000"],
    ]);
    expect(status).toBe(0);
    await bed().docker("rmi", "-f", id);
    await bed().daemon.start();
    await bed().docker("start", "unknown");
    const endpoint = await bed().untilEndpoint("trust", "unknown", ({ problems }) => problems.length > 0);
    expect(endpoint.mode).toBe("quarantine");
    expect(endpoint.problems).toEqual([expect.stringMatching(/^its image is gone/)]);
    const events = await bed().events("endpoint.labels");
    expect(events.at(-1)).toMatchObject({ container: "unknown", message: endpoint.problems[0] });
  });
});

describe.skipIf(lacksEngine())("place labels of an image", () => {
  const { bed, images } = useImages();
  const PLACE = { "com.docker.compose.project": "shop", "com.docker.compose.service": "web" };

  it("put no container in a project, and those of compose's containers count", async () => {
    await images.build("web", PLACE);
    const db = await images.run(IMAGE, "db", { [ALL]: "allow icmp from service:shop/web" });
    const stranger = await images.run("web", "stranger");
    const liar = await images.run("web", "liar", { ...PLACE });
    const marked = await images.run("web", "marked", { "com.docker.compose.config-hash": "made by compose" });
    expect(await stranger.prober.icmp(db.ipv4)).toBe("timeout");
    expect(await liar.prober.icmp(db.ipv4)).toBe("timeout");
    expect(await marked.prober.icmp(db.ipv4)).toBe("open");
    const folder = mkdtempSync(join(tmpdir(), "hyperion-trust-"));
    const file = join(folder, "compose.yaml");
    const service = `{ image: web, command: sleep 100000, init: true, networks: [trust] }`;
    writeFileSync(
      file,
      `version: "3.7"\nservices: { web: ${service} }\nnetworks: { trust: { external: true } }\n`,
    );
    const project = await ComposeProject.open(bed().engine, file, "shop");
    try {
      await project.up();
      const name = await bed().until("compose's container", 10_000, async () =>
        (await bed().daemon.endpoints()).find(({ container }) =>
          /^shop[-_]web[-_]1$/.test(container?.name ?? ""),
        ),
      );
      const web = await bed().subject("trust", name.container?.name ?? "");
      expect(await web.prober.icmp(db.ipv4)).toBe("open");
      expect(await web.prober.icmp(db.ipv6)).toBe("open");
    } finally {
      bed().closeProbers();
      await project.down();
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(lacksEngine())("a daemon that trusts image labels", () => {
  const { bed, images } = useImages({ serveArgs: ["--trust-image-labels", "true"] });

  it("goes by them, and refuses wrong ones", async () => {
    await images.build("open", OPEN);
    const peer = await images.run(IMAGE, "peer");
    const open = await images.run("open", "plain");
    expect(await peer.prober.icmp(open.ipv4)).toBe("open");
    expect((await images.endpoint("plain")).warnings).toEqual([]);
    await images.build("broken", { [ALL]: "alow any" });
    await images.create("broken", "refused");
    expect((await bed().engine.tryDocker(["start", "refused"])).stderr).toContain("E102 refused: label");
  });

  it("needs no image for it", async () => {
    const id = await images.build("open", OPEN);
    await bed().daemon.stop();
    await images.create("open", "unknown");
    await bed().docker("rmi", "-f", id);
    await bed().daemon.start();
    await bed().docker("start", "unknown");
    const peer = await images.run(IMAGE, "peer");
    const unknown = await bed().subject("trust", "unknown");
    expect(await peer.prober.icmp(unknown.ipv4)).toBe("open");
  });
});
