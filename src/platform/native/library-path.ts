import { fileURLToPath } from "node:url";

/** The library as scripts/build-native.sh leaves it. `src` and `dist` lie equally deep in the package. */
export function libraryPath(): string {
  return fileURLToPath(new URL("../../../native/build/libhyperion.so", import.meta.url));
}
