import { endianness } from "node:os";
import koffi, { type LibraryHandle } from "koffi";
import { Semaphore } from "../../base/semaphore.ts";
import { HyperionError, reasonOf } from "../../model/errors.ts";
import { checkLayouts, checkReasons, checkVersion } from "./check-abi.ts";
import { REPORTING, type ReportingFunction, SILENT, type SilentFunction } from "./functions.ts";
import { ERROR, LAYOUTS } from "./layouts.ts";
import { libraryPath } from "./library-path.ts";
import { nativeBytes, StructView } from "./struct-view.ts";

/** What may be given to C: numbers, strings (copied), memory of {@link nativeBytes}, and handles. */
export type Argument = number | string | bigint | Uint8Array;

/** What a function of the library said. */
export interface Answer {
  /** 0 or a count; negative: -errno. */
  readonly result: number;
  /** The library's sentence when it failed, else "". */
  readonly message: string;
}

type Asynchronous = (...args: unknown[]) => void;

/**
 * koffi runs C on stacks of its own. libbpf, which parses ELF and BTF there, was not written for its
 * default of 128 KiB.
 */
const CALL_STACK_BYTES = 1 << 20;

/**
 * Calls at a time. koffi has threads for as many as there are cores; what waits with it costs a stack
 * each, and beyond a number it throws.
 */
const CALLS_MAX = 16;

/**
 * libhyperion, loaded and found to be the one this TypeScript was written for. The only place that
 * knows koffi; everything above speaks of {@link Answer}s.
 */
export class NativeLibrary {
  readonly #handle: LibraryHandle;
  readonly #reporting = new Map<ReportingFunction, Asynchronous>();
  readonly #silent = new Map<SilentFunction, (...args: unknown[]) => unknown>();
  readonly #places = new Semaphore(CALLS_MAX);
  /** Arguments of running calls: C writes to their memory, so it must outlive the call. */
  readonly #inFlight = new Set<readonly unknown[]>();

  private constructor(handle: LibraryHandle) {
    this.#handle = handle;
  }

  /**
   * Throws E505 when the library cannot be loaded, E503 when its version is another, E504 when its
   * structs or drop reasons are.
   */
  static load(path: string = libraryPath()): NativeLibrary {
    if (endianness() !== "LE") {
      throw new HyperionError("E505", { path, reason: "Hyperion runs on little-endian machines only" });
    }
    let library: NativeLibrary;
    try {
      // koffi takes settings only before its first library.
      if (koffi.config().async_stack_size !== CALL_STACK_BYTES) {
        koffi.config({ async_stack_size: CALL_STACK_BYTES });
      }
      library = new NativeLibrary(koffi.load(path));
      checkVersion(library.now("hyp_abi_version") as number);
    } catch (error) {
      if (error instanceof HyperionError) throw error;
      throw new HyperionError("E505", { path, reason: firstLine(error) }, { cause: error });
    }
    checkLayouts(library.now("hyp_layouts") as string, LAYOUTS);
    checkReasons(library.now("hyp_reasons") as string);
    return library;
  }

  /** Calls on a worker thread of koffi's and resolves with what C said; rejects only for wrong arguments. */
  async call(name: ReportingFunction, ...args: readonly Argument[]): Promise<Answer> {
    const message = nativeBytes(ERROR.bytes);
    const result = await this.#places.run(() => this.#begin(name, [...args, message]));
    return { result, message: new StructView(ERROR, message).text("message") };
  }

  #begin(name: ReportingFunction, args: readonly unknown[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#inFlight.add(args);
      const end = (error: unknown, result: number | bigint) => {
        this.#inFlight.delete(args);
        if (error) reject(error);
        else resolve(Number(result));
      };
      try {
        this.#asynchronous(name)(...args, end);
      } catch (error) {
        end(error, 0);
      }
    });
  }

  /** Calls a function that does not block, at once, on this thread. */
  now(name: SilentFunction, ...args: readonly Argument[]): unknown {
    let call = this.#silent.get(name);
    if (call === undefined) {
      const [result, ...parameters] = SILENT[name] as readonly [string, ...string[]];
      call = this.#handle.func(name, result, parameters);
      this.#silent.set(name, call);
    }
    return call(...args);
  }

  /** The address of memory that C is to find through a struct. The caller keeps it alive. */
  addressOf(bytes: Uint8Array): bigint {
    return koffi.address(bytes);
  }

  #asynchronous(name: ReportingFunction): Asynchronous {
    let call = this.#reporting.get(name);
    if (call === undefined) {
      const [result, ...parameters] = REPORTING[name] as readonly [string, ...string[]];
      call = this.#handle.func(name, result, [...parameters, "void *"]).async as Asynchronous;
      this.#reporting.set(name, call);
    }
    return call;
  }
}

function firstLine(error: unknown): string {
  return reasonOf(error).split("\n")[0] ?? "";
}
