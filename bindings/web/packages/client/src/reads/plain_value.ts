import type { Change as RepositoryChange, Detail } from "../repository/lib.ts";
import { Decimal, Json, type Value } from "../repository/value.ts";

/** Returns the value of a feature as JavaScript's own value. A JSON feature whose text is no JSON document gives its text. */
export function plainValue(value: Value | undefined): unknown {
  if (value instanceof Decimal) return value.number;
  if (!(value instanceof Json)) return value;
  const document = value.parse();
  return document === undefined ? value.text : document;
}

/** The value of a feature for a context, its reason, and further data of the feature. */
export interface FeatureDetail<V = unknown> extends Omit<Detail, "value"> {
  /** The value: a boolean, a text, a number or a parsed document. `undefined` if the feature's value is null, or if there is none. */
  readonly value: V | undefined;
  /** The text of a number or of a document, which keeps all digits; `undefined` for other values. */
  readonly text: string | undefined;
}

/** Gives a detail, which nothing else refers to, JavaScript's own value, and returns it. */
export function plainDetail<V>(detail: Detail): FeatureDetail<V> {
  const { value } = detail;
  const text = value instanceof Decimal || value instanceof Json ? value.text : undefined;
  // A copy by `...` took most of the time of `values()`.
  return Object.assign(detail, { text, value: plainValue(value) as V | undefined });
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

/** The result of a read, and the engine's report about the evaluation. */
export interface Explanation<V = unknown> {
  /** The result of the read. */
  readonly detail: FeatureDetail<V>;
  /**
   * The evaluation of the rules, strategy by strategy, even if an interceptor returned the value. `undefined` if the Edge has evaluated
   * the feature, if the feature does not exist, or if the client has no features for the context.
   */
  readonly report: unknown;
}

/** The type argument of a client whose features have no declared types. All keys and all getters are allowed. */
export type AnyFlags = Readonly<Record<string, unknown>>;

/** The keys of all declared features. */
export type FlagKey<F> = keyof F & string;

/** The keys of the features whose declared type is a `Base`. All keys if no types are declared. */
export type KeyOf<F, Base> = {
  readonly [K in keyof F]-?: unknown extends F[K] ? K : F[K] extends Base ? K : never;
}[keyof F] &
  string;

/** The declared type of a feature; `Base` if no types are declared. */
export type FlagOf<F, K extends keyof F, Base> = unknown extends F[K] ? Base : F[K];
