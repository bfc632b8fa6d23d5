import { type EngineAccess, problemOf } from "../engine_access.ts";
import { WasmEngine } from "./engine.ts";
import { loadedFull, type LeanSource, loadFull, loadLean } from "./load.ts";
import { unavailable } from "./unavailable.ts";

/**
 * Loads the lean engine unless this realm has the full one, and makes the engine of a client from it. The client imports this file when it needs an engine. `bundled` is the
 * module for a program that has given none.
 */
export async function startEngine(access: EngineAccess, bundled: LeanSource): Promise<WasmEngine> {
  const { engine, fullEngine, integrity, fullIntegrity, readFile } = access.settings;
  const source = engine === undefined ? bundled : { file: () => engine };
  // The full engine evaluates what the lean one does, and another client of this realm has needed it.
  const module =
    loadedFull() ??
    (await loadLean(source, { integrity, readFile }).catch((error: unknown) => {
      throw unavailable(error);
    }));
  let hasFailed = false;
  return new WasmEngine(module, {
    onFailure: (error, isRead) => {
      if (!hasFailed) console.error("fh-client: the evaluation engine failed", error);
      hasFailed = true;
      if (isRead) access.onReadFailure?.(problemOf(error));
    },
    loadFull: () =>
      loadFull(fullEngine, { integrity: fullIntegrity, readFile }).catch((error: unknown) => {
        throw unavailable(error);
      }),
  });
}
