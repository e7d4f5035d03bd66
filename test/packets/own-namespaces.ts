import { execFileSync } from "node:child_process";
import koffi from "koffi";
import { NativeLibrary } from "../../src/platform/native/library.ts";

const CLONE_NEWNS = 0x0002_0000;
const CLONE_NEWNET = 0x4000_0000;

/** A BPF filesystem of this process alone, once {@link enterOwnNamespaces} was called. */
export const BPF_FILESYSTEM = "/sys/fs/bpf";

/**
 * Moves this test's process into a network and a mount namespace of its own, which end with it.
 *
 * Namespaces belong to threads; those that make native calls are started by this one at the first
 * call, and inherit them. So: at the top of a file, before anything native is called. Needs root.
 */
export function enterOwnNamespaces(): NativeLibrary {
  const library = NativeLibrary.load();
  const unshare = koffi.load("libc.so.6").func("int unshare(int flags)");
  if (unshare(CLONE_NEWNET | CLONE_NEWNS) !== 0) throw new Error("unshare(2) failed: is this root?");
  const mount = (...args: readonly string[]) => execFileSync("mount", args, { stdio: "inherit" });
  mount("--make-rprivate", "/");
  // A new network namespace shows in /sys only when it is mounted again.
  mount("-t", "sysfs", "sysfs", "/sys");
  mount("-t", "bpf", "bpf", BPF_FILESYSTEM);
  return library;
}
