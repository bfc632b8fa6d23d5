/** Returns the address of the lean engine's module, which is requested when the engine is loaded. */
export function leanFile(): URL {
  return new URL("./wasm/lean.wasm", import.meta.url);
}
