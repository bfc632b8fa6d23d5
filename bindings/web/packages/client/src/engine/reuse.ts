import type { CompiledFeature, CompiledFeatures } from "./compiled_features.ts";
import type { WasmRuleset } from "./ruleset.ts";

/** Maximum number of batches of a ruleset before the small ones are compiled together. */
const MOST_BATCHES = 16;

/**
 * Returns for each feature the compiled feature of an earlier ruleset that has the same JSON; `undefined` for a feature that has to be
 * compiled.
 *
 * A batch stays in memory as long as one of its features is used. Features that could be reused are therefore compiled again if the batches
 * would hold more than twice the features of the ruleset, and, apart from those of the largest batch, if there are too many batches.
 */
export function reusable(
  texts: readonly string[],
  earlier: WasmRuleset | undefined,
): (CompiledFeature | undefined)[] {
  if (earlier === undefined) return texts.map(() => undefined);
  const find = finder(earlier);
  const found = texts.map(find);
  const batches = new Set<CompiledFeatures>();
  for (const feature of found) if (feature !== undefined) batches.add(feature.batch);
  let held = 0;
  for (const { features } of batches) held += features.length;
  if (held > 2 * texts.length) return texts.map(() => undefined);
  if (batches.size < MOST_BATCHES) return found;
  const [largest] = [...batches].sort((one, other) => other.features.length - one.features.length);
  return found.map((feature) => (feature?.batch === largest ? feature : undefined));
}

/** Returns a function that finds the compiled feature with a JSON text, which most often has its former position. */
function finder({ texts, features }: WasmRuleset) {
  let positions: Map<string, number> | undefined;
  return (text: string, position: number): CompiledFeature | undefined => {
    if (texts[position] === text) return features[position];
    positions ??= new Map(texts.map((known, at) => [known, at]));
    const at = positions.get(text);
    return at === undefined ? undefined : features[at];
  };
}
