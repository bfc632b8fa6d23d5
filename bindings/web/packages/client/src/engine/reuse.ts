import { Places } from "./places.ts";
import type { WasmRuleset } from "./ruleset.ts";

/** Maximum number of batches of a ruleset before the small ones are compiled together. */
const MOST_BATCHES = 16;

/**
 * Returns the places of features, with those of an earlier ruleset for features that have the same JSON. A feature without a batch has to be
 * compiled.
 *
 * A batch stays in memory as long as one of its features is used. Features that could be reused are therefore compiled again if the batches
 * would hold more than twice the features of the ruleset, and, apart from those of the largest batch, if there are too many batches.
 */
export function reusable(texts: readonly string[], earlier: WasmRuleset | undefined): Places {
  if (earlier === undefined) return Places.empty(texts.length);
  const found = earlier.places.moved(texts.map(finder(earlier)));
  const batches = found.batches;
  const held = batches.reduce((sum, { count }) => sum + count, 0);
  if (held > 2 * texts.length) return Places.empty(texts.length);
  if (batches.length < MOST_BATCHES) return found;
  const [largest] = batches.sort((one, other) => other.count - one.count);
  return found.only(largest);
}

/** Returns a function that finds the position of a JSON text, which most often has its former position. */
function finder({ texts }: WasmRuleset) {
  let positions: Map<string, number> | undefined;
  return (text: string, position: number): number | undefined => {
    if (texts[position] === text) return position;
    positions ??= new Map(texts.map((known, at) => [known, at]));
    return positions.get(text);
  };
}
