import { existsSync, readFileSync } from "node:fs";
import { describe } from "vitest";

import { loadFull, loadLean } from "../../src/engine/load.ts";
import type { EngineModule, FullEngineModule } from "../../src/engine/module.ts";

const FOLDER = new URL("../../src/engine/wasm/", import.meta.url);
const FILES = ["lean.js", "lean.wasm", "full.js", "full.wasm"];

const isBuilt = FILES.every((name) => existsSync(new URL(name, FOLDER)));
if (!isBuilt) {
  const told = "the engine is not built: `cargo xtask web build` builds it";
  if (process.env["FH_ENGINE"] === "required") throw new Error(told);
  console.warn(`*** NOT RUN: ${told} ***`);
}

/** Describes tests that need both engines. Without them, the tests are skipped with a warning; with
 * `FH_ENGINE=required` that is an error. */
export const describeEngine = describe.skipIf(!isBuilt);

/** Returns the lean engine. */
export function lean(): Promise<EngineModule> {
  return loadLean({ source: bytes("lean.wasm") });
}

/** Returns the full engine. */
export function full(): Promise<FullEngineModule> {
  return loadFull({ source: bytes("full.wasm") });
}

/** Returns the bytes of a built file. */
export function bytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}
