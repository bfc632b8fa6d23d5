import { existsSync, readFileSync } from "node:fs";
import { describe } from "vitest";

import { loadFull, loadLean } from "../../src/engine/load.ts";
import type { EngineModule, FullEngineModule } from "../../src/engine/module.ts";

const FOLDER = new URL("../../src/engine/wasm/", import.meta.url);

/**
 * Returns the function that describes tests which need built files. Without them, the tests are skipped with a warning; with
 * `FH_ENGINE=required` that is an error.
 */
function describeWith(files: readonly string[], missing: string): typeof describe.skip {
  const areBuilt = files.every((name) => existsSync(new URL(name, FOLDER)));
  if (!areBuilt) {
    if (process.env["FH_ENGINE"] === "required") throw new Error(missing);
    console.warn(`*** NOT RUN: ${missing} ***`);
  }
  return describe.skipIf(!areBuilt);
}

/** Describes tests that need both engines. */
export const describeEngine = describeWith(
  ["lean.js", "lean.wasm", "full.js", "full.wasm"],
  "the engine is not built: `cargo xtask web engines` builds it",
);

/** Describes tests that need the engines whose features fail if the id of a strategy says so. */
export function describeTraps(name: string, tests: () => void): void {
  const missing = "the engines with traps are not built: `cargo xtask web traps` builds them";
  const files = ["lean_traps.js", "lean_traps.wasm", "full_traps.js", "full_traps.wasm"];
  describeWith(files, missing)(name, tests);
}

/** Returns the lean engine. */
export function lean(): Promise<EngineModule> {
  return loadLean(bytes("lean.wasm"));
}

/** Returns the full engine. */
export function full(): Promise<FullEngineModule> {
  return loadFull(bytes("full.wasm"));
}

/** Returns the bytes of a built file. */
export function bytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}
