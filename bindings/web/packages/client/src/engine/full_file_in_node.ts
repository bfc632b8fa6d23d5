import type { ModuleBytes } from "../browser_types.ts";
import { fileOrCopy } from "./file_or_copy.ts";

/** Returns the full engine's module. */
export function fullFile(): Promise<ModuleBytes> {
  return fileOrCopy(
    () => new URL("./wasm/full.wasm", import.meta.url),
    () => import("./full_copy.ts"),
  );
}
