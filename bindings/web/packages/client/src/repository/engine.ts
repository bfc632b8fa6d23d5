import type { GivenAttributes } from "../attributes.ts";
import type { Reason } from "./reason.ts";
import type { Value } from "./value.ts";

/**
 * The evaluation engine, which the features of client-evaluated keys need. `fh-eval` as WebAssembly implements it. The repository
 * never loads an engine: the driver compiles the features of a publication and then publishes them with their ruleset.
 */
export interface Engine {
  /**
   * Compiles features into a ruleset. Compiling never fails because of a feature's content: a part that cannot be read never
   * matches.
   *
   * @param features - the JSON of each feature, as received, in the order that gives their positions. Each is an object with a
   *   non-empty text `key`, and no key occurs twice.
   * @throws an error if the engine itself fails. The last state is then kept.
   */
  compile(features: readonly string[]): Ruleset;
}

/** A function that gets the name of an attribute that a feature reads, and the context that lacks it. */
export type OnMissing = (name: string, attributes: GivenAttributes) => void;

/** Compiled features. The engine frees them when no ruleset that has them is reachable, because snapshots read from earlier rulesets. */
export interface Ruleset {
  /**
   * Evaluates the feature at this position. Never throws: if the engine fails, the evaluation has no value and the reason `ERROR`.
   *
   * Two calls with the same result give the same {@link Evaluation} object, so that texts and parsed JSON keep their identity. A
   * call allocates nothing unless the engine sees the result for the first time, or the context for the second time.
   *
   * @param position - the position of the feature in the list that was compiled.
   * @param attributes - the context; `undefined` for a read without a context, for which no strategy matches.
   * @param now - returns the current time in milliseconds since 1970. Called only if a rule reads the attribute `now` and the
   *   context has no such attribute.
   * @param onMissing - called with the name of an attribute that the feature reads and the context lacks, when the engine gets the attribute
   */
  evaluate(
    position: number,
    attributes: GivenAttributes | undefined,
    now: () => number,
    onMissing?: OnMissing,
  ): Evaluation;
}

/** The result of evaluating the rules of a feature. */
export interface Evaluation {
  /** The value, converted to the feature's type if possible; `undefined` if it is null or missing. */
  readonly value: Value | undefined;
  /** The id of the strategy that matched; `undefined` if none matched or the matching strategy has no id. */
  readonly strategyId: string | undefined;
  /** The reason for the value: `STRATEGY_MATCH`, `SPLIT`, `DEFAULT`, `STATIC`, or `ERROR` if the engine failed. */
  readonly reason: Reason;
  /** True if a strategy of the feature reads the clock. The result is then kept for no further read. */
  readonly readsClock?: boolean | undefined;
  /** The answer with this result that a snapshot made last. */
  answer?: unknown;
}
