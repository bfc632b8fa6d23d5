/**
 * A part of a payload that the engine did not understand or could not use, and how the engine treats the part. Members about a part that the
 * diagnostic does not concern are `undefined`.
 */
export interface Diagnostic {
  /** The id of the environment. */
  readonly environment: string | undefined;
  /** The key of the feature; `#3` for the fourth feature of a list if its key is missing. */
  readonly feature: string;
  /** The position of the strategy, from 0. */
  readonly strategy: number | undefined;
  /** The id of the strategy. */
  readonly strategyId: string | undefined;
  /** The position of the rule in its strategy, from 0. */
  readonly rule: number | undefined;
  /** The name of the attribute that the rule reads. */
  readonly field: string | undefined;
  /** The name of the JSON member. */
  readonly member: string | undefined;
  /** The text of the payload that the diagnostic shows, at most 120 characters. */
  readonly value: string | undefined;
  /** The problem of the part. */
  readonly problem: string;
  /** The engine's treatment of the part. */
  readonly consequence: string;
  /** `warning` if the part is ignored or an assumption takes its place, `error` if a part is not used. */
  readonly severity: "warning" | "error";
  /** The whole diagnostic as one text. */
  readonly text: string;
}

/** Reads the engine's JSON list of diagnostics. */
export function readDiagnostics(json: string): Diagnostic[] {
  const written = JSON.parse(json) as readonly (Partial<Diagnostic> &
    Pick<Diagnostic, "feature" | "problem" | "consequence" | "severity" | "text"> & {
      readonly strategy_id?: string;
    })[];
  return written.map(
    ({ environment, strategy, strategy_id: strategyId, rule, field, member, value, ...rest }) => ({
      ...{ environment, strategy, strategyId, rule, field, member, value },
      ...rest,
    }),
  );
}
