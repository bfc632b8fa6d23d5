import type { GivenAttributes } from "../attributes.ts";
import type { EngineSettings } from "../engine/settings.ts";
import type { ClientParts } from "../driver/parts.ts";
import { type Explanation, plainDetail } from "./plain_value.ts";
import type { RepositorySnapshot } from "../repository/lib.ts";
import { utf8 } from "../text/text.ts";
import { type Diagnostic, readDiagnostics } from "../engine/diagnostics.ts";
import type { Instance } from "../engine/instance.ts";
import type { FullEngineModule } from "../engine/module.ts";

/**
 * Returns the value of a feature in a snapshot, and the engine's report about its evaluation. Loads the full engine if it is needed.
 */
export async function explainFeature<V>(
  { repository, engine }: ClientParts,
  key: string,
  attributes: GivenAttributes | undefined,
  snapshot: RepositorySnapshot,
): Promise<Explanation<V>> {
  const { rules } = snapshot;
  const feature = rules.evaluatedFor || !snapshot.hasList ? undefined : rules.get(key);
  const detail = plainDetail<V>(snapshot.peek(key, attributes));
  const now = repository.clock();
  const report: unknown =
    feature &&
    (await compiled(
      engine.settings,
      [feature.json],
      (module, instance, ruleset) =>
        JSON.parse(module.explain(ruleset, 0, instance.contexts.handle(attributes), now)) as unknown,
    ));
  return { detail, report };
}

/** Returns the diagnostics of the features that a client serves. Loads the full engine. */
export async function diagnosticsOf({ repository, engine }: ClientParts): Promise<Diagnostic[]> {
  const { rules } = repository.live;
  const texts = Array.from(rules.features(), ({ json }) => json);
  const found = await compiled(engine.settings, texts, (module, _instance, ruleset) =>
    readDiagnostics(module.diagnostics(ruleset)),
  );
  const placed = found.map((each) => ({
    ...each,
    environment: each.environment ?? rules.environmentOf(each.feature),
  }));
  // The client leaves out the strategies of features that the Edge evaluates.
  const isRead = ({ strategy, member }: Diagnostic) => strategy === undefined && member !== "strategies";
  return rules.evaluatedFor ? placed.filter(isRead) : placed;
}

/** Compiles features with the full engine for one use. */
async function compiled<T>(
  { fullEngine: source, fullIntegrity: integrity, profile = "client", readFile }: EngineSettings,
  features: readonly string[],
  use: (module: FullEngineModule, instance: Instance, ruleset: number) => T,
): Promise<T> {
  const { available, guarded, Instance, loadFull, PROFILE_NUMBERS } = await import("../engine/start.ts");
  const module = await available(loadFull(source, { integrity, readFile }));
  const instance = Instance.of(module);
  return guarded(instance, () => {
    const { epoch } = instance;
    const ruleset = module.compile_to_explain(utf8(features.join("\0")), PROFILE_NUMBERS[profile]);
    const result = use(module, instance, ruleset);
    instance.free(ruleset, epoch);
    return result;
  });
}
