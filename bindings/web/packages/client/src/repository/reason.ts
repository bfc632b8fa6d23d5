/** The names of all reasons, in the order of the Rust type, with `ERROR` at the end. */
export const REASONS = [
  "STRATEGY_MATCH",
  "SPLIT",
  "DEFAULT",
  "STATIC",
  "INTERCEPTED",
  "NOT_SET",
  "NOT_FOUND",
  "TYPE_MISMATCH",
  "NOT_READY",
  "OTHER_CONTEXT",
  "ERROR",
] as const;

/**
 * The reason for a value: a reason of the evaluation engine, or a reason that only a client can report.
 *
 * - `STRATEGY_MATCH`: a strategy without percentage, or with the percentage 0, matched, or the Edge reports that a strategy
 *   matched.
 * - `SPLIT`: a strategy with a percentage above 0 matched.
 * - `DEFAULT`: the feature has strategies, but none matched, or the read has no context.
 * - `STATIC`: the feature has no strategies.
 * - `INTERCEPTED`: an interceptor returned the value.
 * - `NOT_SET`: the value is null, and the read requested a type. A read without a requested type has the reason for the null
 *   value instead.
 * - `NOT_FOUND`: the feature does not exist.
 * - `TYPE_MISMATCH`: the feature, its value or its override has another type than the requested type.
 * - `NOT_READY`: the client has no features yet, or waits for the features of another context.
 * - `OTHER_CONTEXT`: the API key is server-evaluated, and the Edge has evaluated the features for another context than the context
 *   of the read.
 * - `ERROR`: the WebAssembly engine failed on this feature. Rust clients have no such reason.
 */
export type Reason = (typeof REASONS)[number];

/** Returns the reason with this name; `undefined` if no reason has the name. */
export function reasonNamed(name: string): Reason | undefined {
  return REASONS.find((reason) => reason === name);
}
