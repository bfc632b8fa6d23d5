import { type EngineUser, problemOf } from "./settings.ts";
import { WasmEngine } from "./engine.ts";
import { type LeanSource, loadedFull, loadFull, loadLean } from "./load.ts";
import type { FullEngineModule } from "./module.ts";
import { available } from "./unavailable.ts";

/**
 * Loads the lean engine, and makes the engine of a client from it. Uses the full engine if this realm has it, or if the profile or the
 * features need it. The client imports this file when it needs an engine. `bundled` is the module for a program that has given none.
 */
export async function startEngine(
  user: EngineUser,
  bundled: LeanSource,
  needsFull: (user: EngineUser) => boolean = () => false,
): Promise<WasmEngine> {
  const { engine, fullEngine, integrity, fullIntegrity, profile, readFile } = user.settings;
  const source = engine === undefined ? bundled : { file: () => engine };
  const full = (): Promise<FullEngineModule> =>
    available(loadFull(fullEngine, { integrity: fullIntegrity, readFile }));
  // The full engine evaluates what the lean one does, and another client of this realm has needed it.
  const module =
    loadedFull() ??
    (await (profile === "edge" || needsFull(user)
      ? full()
      : available(loadLean(source, { integrity, readFile }))));
  let hasFailed = false;
  return new WasmEngine(module, {
    onFailure: (error, isRead) => {
      if (!hasFailed) console.error("fh-client: the evaluation engine failed", error);
      hasFailed = true;
      if (isRead) user.onReadFailure?.(problemOf(error));
    },
    loadFull: full,
    profile,
  });
}
