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

/** The possible results of the features of a ruleset. Those of a feature are made when they are asked for, because a program reads few of many features. */
export interface Results {
  /** Number of features. */
  readonly count: number;
  /** Returns the results of the feature at this position. */
  readonly of: (position: number) => FeatureResults;
}

/**
 * Reads the possible results of all features of a ruleset, in one crossing for numbers and one for texts. Adds the names of the attributes that
 * the features read to `names`.
 */
export function readResults(module: EngineModule, ruleset: number, names: string[] = []): Results {
  const numbers = module.results(ruleset);
  const texts = split(module.result_texts(ruleset));
  const number = (at: number): number => numbers[at] ?? 0;
  const text = (position: number): string => texts[position] ?? "";
  const bits = Array.from({ length: number(0) }, (_, position) => bitOf(text(position), names));
  const readsOf = (numbered: number): number =>
    numbered === 0xffffffff
      ? ALL_READ
      : bits.reduce((all, bit, position) => ((numbered >> position) & 1 ? all | bit : all), 0);
  const evaluation = (at: number, readsClock: boolean): Evaluation => {
    const head = number(at);
    const strategy = number(at + 2);
    return {
      value: valueOf(head % 8, number(at + 1), text),
      strategyId: strategy === 0 ? undefined : text(strategy - 1),
      reason: REASONS[Math.floor(head / 8)] ?? "ERROR",
      readsClock: readsClock || undefined,
      answer: undefined,
    };
  };
  const places: number[] = [];
  for (let at = 1; at < numbers.length; at += 2 + (number(at) >> 1) * 3) places.push(at);
  const starts = Uint32Array.from(places);
  return {
    count: starts.length,
    of: (position) => {
      const start = starts[position] ?? 0;
      const head = number(start);
      const readsClock = head % 2 === 1;
      const evaluations = Array<Evaluation>(head >> 1);
      for (let each = 0; each < evaluations.length; each++) {
        const at = start + 2 + each * 3;
        const last = evaluations[each - 1];
        // Strategies without an id and a value are equal, and there may be many.
        const isSame = last && [0, 1, 2].every((part) => number(at + part) === number(at + part - 3));
        evaluations[each] = isSame ? last : evaluation(at, readsClock);
      }
      return { evaluations, readsClock, reads: readsOf(number(start + 1)) };
    },
  };
}

/**
 * Returns the bit of an attribute, whose name is added if there is room; all bits if there is none. A context may have a name with U+FFFD in
 * several forms, so it has no bit.
 */
function bitOf(name: string, names: string[]): number {
  if (name.includes("\ufffd")) return ALL_READ;
  const position = names.indexOf(name);
  if (position >= 0) return 1 << position;
  // V8 compares the names of properties by their addresses, and other texts character by character.
  const [known = name] = Object.keys({ [name]: 0 });
  return names.length < MOST_NAMES ? 1 << (names.push(known) - 1) : ALL_READ;
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
