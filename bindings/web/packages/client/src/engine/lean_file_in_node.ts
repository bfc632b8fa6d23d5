import type { ModuleBytes } from "../browser_types.ts";
import { fileOrCopy } from "./file_or_copy.ts";

/** Node reads the modules from files, which needs no request. */
export const IS_REQUESTED_EARLY: boolean = false;

/** Returns the lean engine's module. */
export function leanFile(): Promise<ModuleBytes> {
  return fileOrCopy(
    () => new URL("./wasm/lean.wasm", import.meta.url),
    () => import("./lean_copy.ts"),
  );
}
