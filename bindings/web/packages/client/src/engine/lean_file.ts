/** Pages request the lean engine's module before the JavaScript that loads it has arrived. */
export const IS_REQUESTED_EARLY: boolean = true;

/** Returns the address of the lean engine's module, which is requested when the engine is loaded. */
export function leanFile(): URL {
  return new URL("./wasm/lean.wasm", import.meta.url);
}
