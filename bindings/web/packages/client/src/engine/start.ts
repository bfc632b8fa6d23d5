import { type EngineAccess, problemOf } from "../engine_access.ts";
import { WasmEngine } from "./engine.ts";
import { loadFull, loadLean } from "./load.ts";
import { unavailable } from "./unavailable.ts";

/** Loads the lean engine, and makes the engine of a client from it. The client imports this file when it needs an engine. */
export async function startEngine(access: EngineAccess): Promise<WasmEngine> {
  const { engine, fullEngine, integrity, readFile } = access.settings;
  const module = await loadLean({ source: engine, integrity, readFile }).catch((error: unknown) => {
    throw unavailable(error);
  });
  let hasFailed = false;
  return new WasmEngine(module, {
    onFailure: (error, isRead) => {
      if (!hasFailed) console.error("fh-client: the evaluation engine failed", error);
      hasFailed = true;
      if (isRead) access.onReadFailure?.(problemOf(error));
    },
    loadFull: () =>
      loadFull({ source: fullEngine, readFile }).catch((error: unknown) => {
        throw unavailable(error);
      }),
  });
}
