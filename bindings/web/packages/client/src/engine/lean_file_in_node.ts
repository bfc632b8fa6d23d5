import { readable } from "./readable_file.ts";

/** Node reads the modules from files, which needs no request. */
export const IS_REQUESTED_EARLY: boolean = false;

/** Returns the address of the lean engine's module, which is read when the engine is loaded. */
export function leanFile(): URL {
  return readable(new URL("./wasm/lean.wasm", import.meta.url), "./wasm/lean.wasm", import.meta.url);
}
