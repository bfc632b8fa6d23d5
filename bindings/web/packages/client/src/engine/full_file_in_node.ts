import { readable } from "./readable_file.ts";

/** Returns the address of the full engine's module, which is read when the engine is loaded. */
export function fullFile(): URL {
  return readable(new URL("./wasm/full.wasm", import.meta.url), "./wasm/full.wasm", import.meta.url);
}
