/** Returns the address of the full engine's module, which is requested when the engine is loaded. */
export function fullFile(): URL {
  return new URL("./wasm/full.wasm", import.meta.url);
}
