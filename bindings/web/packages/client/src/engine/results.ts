import type { Evaluation } from "../repository/engine.ts";
import type { Reason } from "../repository/reason.ts";
import { Decimal, Json, type Value } from "../repository/value.ts";
import type { EngineModule } from "./module.ts";
import { split } from "./texts.ts";

/** The reasons in the order of the numbers that the engine writes. */
const REASONS: readonly Reason[] = ["STRATEGY_MATCH", "SPLIT", "DEFAULT", "STATIC"];

/** The evaluation of a feature on which the engine failed. */
export const FAILED: Evaluation = Object.freeze({
  value: undefined,
  strategyId: undefined,
  reason: "ERROR",
});

/** The attributes of a feature that may read each attribute, as bits. */
export const ALL_READ = -1;
/** The number of attributes that have a bit of their own. The sign is the bit of all others. */
const MOST_NAMES = 31;

/** The possible results of one feature. */
export interface FeatureResults {
  /** The result if no strategy matches, then one result for each strategy of the payload. */
  readonly evaluations: readonly Evaluation[];
  /** True if a strategy of the feature reads the clock. */
  readonly readsClock: boolean;
  /** The attributes that an evaluation reads, as bits of the positions of their names. {@link ALL_READ} if they are not known. */
  readonly reads: number;
}

/**
 * Reads the possible results of all features of a ruleset, in one crossing for numbers and one for texts. Adds the names of the attributes that
 * the features read to `names`.
 */
export function readResults(module: EngineModule, ruleset: number, names: string[] = []): FeatureResults[] {
  const numbers = module.results(ruleset);
  const texts = split(module.result_texts(ruleset));
  let at = 0;
  const next = (): number => numbers[at++] ?? 0;
  const text = (position: number): string => texts[position] ?? "";
  const bits = Array.from({ length: next() }, (_, position) => bitOf(text(position), names));
  const readsOf = (numbered: number): number =>
    numbered === 0xffffffff
      ? ALL_READ
      : bits.reduce((all, bit, position) => ((numbered >> position) & 1 ? all | bit : all), 0);
  let last: Evaluation | undefined;
  const evaluation = (): Evaluation => {
    // Strategies without an id and a value are equal, and there may be many.
    if (last && [0, 1, 2].every((part) => numbers[at + part] === numbers[at + part - 3])) {
      at += 3;
      return last;
    }
    const head = next();
    const value = next();
    const strategy = next();
    return (last = {
      value: valueOf(head % 8, value, text),
      strategyId: strategy === 0 ? undefined : text(strategy - 1),
      reason: REASONS[Math.floor(head / 8)] ?? "ERROR",
    });
  };
  const features: FeatureResults[] = [];
  while (at < numbers.length) {
    const head = next();
    const reads = readsOf(next());
    const evaluations: Evaluation[] = [];
    last = undefined;
    for (let left = head >> 1; left > 0; left--) evaluations.push(evaluation());
    features.push({ evaluations, readsClock: head % 2 === 1, reads });
  }
  return features;
}

/** Returns the bit of an attribute, whose name is added if there is room; all bits if there is none. */
function bitOf(name: string, names: string[]): number {
  const position = names.indexOf(name);
  if (position >= 0) return 1 << position;
  return names.length < MOST_NAMES ? 1 << (names.push(name) - 1) : ALL_READ;
}

function valueOf(form: number, position: number, text: (position: number) => string): Value | undefined {
  switch (form) {
    case 1:
      return false;
    case 2:
      return true;
    case 3:
      return Decimal.parse(text(position));
    case 4:
      return text(position);
    case 5:
      return new Json(text(position));
    default:
      return undefined;
  }
}
