import { access, constants, readdir, readFile } from "node:fs/promises";
import { arch, release } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { CheckResult } from "./check.ts";

/** bpf_redirect_peer and bpf_ktime_get_coarse_ns came with 5.10 and 5.11; CI and users run 6.1 and later. */
const KERNEL_NEEDED = [6, 1] as const;
/** BPF_FS_MAGIC of linux/magic.h is what stat -f would show; /proc/mounts says the same in words. */
const BPF_FILESYSTEM = "bpf";

export async function checkRoot(): Promise<CheckResult> {
  const uid = process.getuid?.() ?? -1;
  if (uid === 0) return { check: "root", state: "ok", found: "running as root" };
  return { check: "root", state: "missing", found: `running as uid ${uid}`, remedy: "run it with sudo" };
}

export async function checkKernel(): Promise<CheckResult> {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const recent = major > KERNEL_NEEDED[0] || (major === KERNEL_NEEDED[0] && minor >= KERNEL_NEEDED[1]);
  const found = `Linux ${release()} on ${arch()}`;
  if (recent) return { check: "kernel", state: "ok", found };
  return {
    check: "kernel",
    state: "warn",
    found,
    remedy: `tested on Linux ${KERNEL_NEEDED.join(".")} and later`,
  };
}

export async function checkBpfFilesystem(pinPath: string): Promise<CheckResult> {
  const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").map((line) => line.split(" "));
  const mount = mounts.find(
    ([, path, type]) => type === BPF_FILESYSTEM && path && `${pinPath}/`.startsWith(`${path}/`),
  );
  if (mount !== undefined) return { check: "BPF filesystem", state: "ok", found: `${mount[1]}` };
  return {
    check: "BPF filesystem",
    state: "missing",
    found: `none above ${pinPath}`,
    remedy: `mount -t bpf bpf ${dirname(pinPath)}`,
  };
}

export async function checkStateDirectory(path: string): Promise<CheckResult> {
  const existing = await nearestExisting(path);
  try {
    await access(existing, constants.W_OK);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { check: "state directory", state: "missing", found, remedy: "choose another --state-dir" };
  }
  const found = existing === path ? path : `${path} will be made`;
  return { check: "state directory", state: "ok", found };
}

/** A look around makes nothing: where the directory is not there yet, its first existing parent decides. */
async function nearestExisting(path: string): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere || path === dirname(path) ? path : nearestExisting(dirname(path));
}

/** Docker's own bridge, which carries north-south traffic, drives the firewall through iptables. */
export async function checkProgram(name: string, remedy: string): Promise<CheckResult> {
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  for (const directory of directories) {
    const path = join(directory, name);
    const runnable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runnable) return { check: name, state: "ok", found: path };
  }
  return { check: name, state: "warn", found: "not in PATH", remedy };
}

/** Devices that could give hardware VFs. This version of Hyperion makes soft ones all the same. */
export async function checkSriov(): Promise<CheckResult> {
  const capable: string[] = [];
  for (const device of await readdir("/sys/class/net")) {
    const total = await readFile(`/sys/class/net/${device}/device/sriov_totalvfs`, "utf8").catch(() => "0");
    if (Number(total) > 0) capable.push(`${device} (${Number(total)} VFs)`);
  }
  if (capable.length > 0) return { check: "SR-IOV", state: "ok", found: capable.join(", ") };
  return {
    check: "SR-IOV",
    state: "warn",
    found: "no device offers VFs",
    remedy: "none needed: soft VFs and eBPF are used",
  };
}
