import type { Instance } from "./instance.ts";

/**
 * Calls a function of an engine's module. After a trap, the instance is unusable, and a fresh one replaces it.
 *
 * @throws the error of the call, or an error if there is no usable instance
 */
export function guarded<T>(instance: Instance, call: () => T): T {
  if (!instance.isUsable) throw new Error("no memory for a fresh instance of the engine");
  try {
    return call();
  } catch (error) {
    if (isTrap(error)) instance.replace();
    throw error;
  }
}

/** Returns true for a panic, exhausted memory or an exhausted stack. All other errors are answers of the engine. */
function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}
