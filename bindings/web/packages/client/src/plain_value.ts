import type { Change as RepositoryChange, Detail, Kind, Reason, Source } from "./repository/lib.ts";
import { Decimal, Json, type Value } from "./repository/value.ts";

/** Returns the value of a feature as JavaScript's own value. A JSON feature whose text is no JSON document gives its text. */
export function plainValue(value: Value | undefined): unknown {
  if (value instanceof Decimal) return value.number;
  return value instanceof Json ? (value.parse() ?? value.text) : value;
}

/** The value of a feature for a context, its reason, and further data of the feature. */
export interface FeatureDetail<V = unknown> {
  /** The key that was read. */
  readonly key: string;
  /** The value: a boolean, a text, a number or a parsed document. `undefined` if the value is null, or if there is none. */
  readonly value: V | undefined;
  /** The text of a number or of a document, which keeps all digits; `undefined` for other values. */
  readonly text: string | undefined;
  /** The feature's type; `undefined` if the feature does not exist or its type is unknown. */
  readonly kind: Kind | undefined;
  /** The reason for the value, for example that a strategy matched. */
  readonly reason: Reason;
  /** The id of the strategy that matched; `undefined` if no id is known. */
  readonly strategyId: string | undefined;
  /** The id of the strategy that gave the value; `default` if no such id is known. */
  readonly variant: string;
  /** The name of the interceptor that returned the value. */
  readonly interceptor: string | undefined;
  /** True if the feature exists. */
  readonly exists: boolean;
  /** The version of the feature's value, held at ±(2⁵³ − 1); -1 if the feature does not exist. */
  readonly version: number;
  /** The id of the feature. */
  readonly id: string | undefined;
  /** The id of the feature's environment. */
  readonly environment: string | undefined;
  /** True if the feature is locked. */
  readonly isLocked: boolean;
  /** The source of the features; `undefined` before the first list. */
  readonly source: Source | undefined;
  /** True if the Edge has declared the environment stale. */
  readonly isStale: boolean;
  /** A number that increases whenever a read may return another value. */
  readonly generation: number;
  /** Returns the names and values of the feature's properties. */
  properties(): [name: string, value: string][];
}

/** Returns the detail with JavaScript's own value. */
export function plainDetail<V>(detail: Detail): FeatureDetail<V> {
  const { value, variant } = detail;
  const text = value instanceof Decimal || value instanceof Json ? value.text : undefined;
  const properties = (): [string, string][] => detail.properties();
  // eslint-disable-next-line @typescript-eslint/no-misused-spread -- all other data are own fields
  return { ...detail, variant, text, properties, value: plainValue(value) as V | undefined };
}

/** A change of a feature's value or lock, as one listener sees it. */
export interface Change<V = unknown> extends Omit<RepositoryChange, "old" | "new"> {
  /** The value that this listener saw last; `undefined` if there was none. */
  readonly old: V | undefined;
  /** The current value; `undefined` if there is none. */
  readonly new: V | undefined;
}

/** Returns the change with JavaScript's own values. */
export function plainChange<V>(change: RepositoryChange): Change<V> {
  return {
    ...change,
    old: plainValue(change.old) as V | undefined,
    new: plainValue(change.new) as V | undefined,
  };
}
