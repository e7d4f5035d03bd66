import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localHost, runOk } from "./command.ts";
import type { Engine } from "./engine.ts";

/** The one image of the playground: busybox, statically linked, 1 to 2 MB. Nothing is pulled. */
export const IMAGE = "hyperion/playground:latest";

/** The static busybox of the package busybox-static; the plain package's would need a libc beside it. */
const BUSYBOX = "/bin/busybox";

/** Imports {@link IMAGE} into the engine, every applet of this machine's busybox linked in its /bin. */
export async function importImage(engine: Engine): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "hyperion-image-"));
  try {
    for (const name of ["bin", "etc", "proc", "sys", "dev", "tmp", "var", "www"]) mkdirSync(join(root, name));
    copyFileSync(BUSYBOX, join(root, "bin/busybox"));
    const applets = await runOk(localHost, BUSYBOX, ["--list"]);
    for (const applet of applets.split("\n")) {
      if (/^[a-z0-9][a-z0-9_-]*$/.test(applet) && applet !== "busybox") {
        symlinkSync("busybox", join(root, "bin", applet));
      }
    }
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\n");
    writeFileSync(join(root, "www/index.html"), "Hyperion playground\n");
    const tar = spawnSync("tar", ["-C", root, "-c", "."], { maxBuffer: 64 << 20 });
    if (tar.status !== 0) throw new Error(`tar failed: ${tar.stderr.toString().trim()}`);
    const changes = ["--change", "ENV PATH=/bin", "--change", 'CMD ["sh"]'];
    const imported = await engine.tryDocker(["import", ...changes, "-", IMAGE], { input: tar.stdout });
    if (imported.status !== 0) throw new Error(`docker import failed: ${imported.stderr.trim()}`);
    return IMAGE;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
