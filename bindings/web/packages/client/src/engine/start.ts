import type { EngineSettings } from "../engine_access.ts";
import { WasmEngine } from "./engine.ts";
import { loadFull, loadLean } from "./load.ts";
import { unavailable } from "./unavailable.ts";

/** Loads the lean engine, and makes the engine of a client from it. The client imports this file when it needs an engine. */
export async function startEngine(settings: EngineSettings): Promise<WasmEngine> {
  const { engine, fullEngine, integrity, readFile } = settings;
  const module = await loadLean({ source: engine, integrity, readFile }).catch((error: unknown) => {
    throw unavailable(error);
  });
  let hasFailed = false;
  return new WasmEngine(module, {
    onFailure: (error) => {
      if (!hasFailed) console.error("fh-client: the evaluation engine failed", error);
      hasFailed = true;
    },
    loadFull: () =>
      loadFull({ source: fullEngine, readFile }).catch((error: unknown) => {
        throw unavailable(error);
      }),
  });
}
