import type { Attributes } from "../attributes.ts";
import type { EngineSettings } from "../engine_access.ts";
import { Instance } from "./instance.ts";
import { loadFull } from "./load.ts";
import { unavailable } from "./unavailable.ts";

/** Returns the engine's report about the evaluation of a feature. Loads the full engine before. */
export async function explainFeature(
  settings: EngineSettings,
  json: string,
  attributes: Attributes | undefined,
  now: number,
): Promise<unknown> {
  const { fullEngine: source, readFile } = settings;
  const module = await loadFull({ source, readFile }).catch((error: unknown) => {
    throw unavailable(error);
  });
  const instance = Instance.of(module);
  const { epoch } = instance;
  const ruleset = module.compile(json, 0);
  try {
    return JSON.parse(module.explain(ruleset, 0, instance.contexts.handle(attributes), now));
  } finally {
    instance.free(ruleset, epoch);
  }
}
