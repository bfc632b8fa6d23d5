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

/** The possible results of one feature. */
export interface FeatureResults {
  /** The result if no strategy matches, then one result for each strategy of the payload. */
  readonly evaluations: readonly Evaluation[];
  /** True if a strategy of the feature reads the clock. */
  readonly readsClock: boolean;
}

/** Reads the possible results of all features of a ruleset, in one crossing for numbers and one for texts. */
export function readResults(module: EngineModule, ruleset: number): FeatureResults[] {
  const numbers = module.results(ruleset);
  const texts = split(module.result_texts(ruleset));
  let at = 0;
  const next = (): number => numbers[at++] ?? 0;
  const text = (position: number): string => texts[position] ?? "";
  const evaluation = (): Evaluation => {
    const head = next();
    const value = next();
    const strategy = next();
    return {
      value: valueOf(head % 8, value, text),
      strategyId: strategy === 0 ? undefined : text(strategy - 1),
      reason: REASONS[Math.floor(head / 8)] ?? "ERROR",
    };
  };
  const features: FeatureResults[] = [];
  while (at < numbers.length) {
    const head = next();
    const evaluations: Evaluation[] = [];
    for (let left = head >> 1; left > 0; left--) evaluations.push(evaluation());
    features.push({ evaluations, readsClock: head % 2 === 1 });
  }
  return features;
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
