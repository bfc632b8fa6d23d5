import { hasPattern, WasmEngine } from "./engine.ts";
import { loadedFull, loadFull, loadLean } from "./load.ts";
import type { FullEngineModule } from "./module.ts";
import { type EngineUser, problemOf } from "./settings.ts";
import { available } from "./unavailable.ts";

// Explanations and payloads use the engine through this file, so that a page loads the engine's JavaScript as one file, by one request.
export { Batch, WHOLE_BITS } from "./batch.ts";
export { CompiledFeatures } from "./compiled_features.ts";
export { compiled } from "./compiled_rules.ts";
export { guarded } from "./guard.ts";
export { Instance } from "./instance.ts";
export { loadFull } from "./load.ts";
export { PROFILE_NUMBERS } from "./module.ts";
export { Places } from "./places.ts";
export { WasmRuleset } from "./ruleset.ts";
export { split } from "./texts.ts";
export { available } from "./unavailable.ts";

/**
 * Loads the lean engine, and makes the engine of a client from it. Uses the full engine if this realm has it, or if the profile or the
 * features need it. The client imports this file when it needs an engine.
 */
export async function startEngine(user: EngineUser): Promise<WasmEngine> {
  const { engine, fullEngine, integrity, fullIntegrity, profile, readFile } = user.settings;
  const full = (): Promise<FullEngineModule> =>
    available(loadFull(fullEngine, { integrity: fullIntegrity, readFile }));
  const features = Array.from(user.rules?.features() ?? []);
  const needsFull = profile === "edge" || features.some(({ json }) => hasPattern(json));
  // The full engine evaluates what the lean one does, and another client of this realm has needed it.
  const module =
    loadedFull() ?? (await (needsFull ? full() : available(loadLean(engine, { integrity, readFile }))));
  let hasFailed = false;
  return new WasmEngine(module, {
    onFailure: (error, isRead) => {
      if (!hasFailed) console.error("fh-client: the evaluation engine failed", error);
      hasFailed = true;
      if (isRead) user.onReadFailure?.(problemOf(error));
    },
    loadFull: full,
    profile,
    // Only Node reads files. It compiles all features before requests read them.
    isLazy: readFile === undefined,
  });
}
