import type { Reason } from "./reason.ts";
import type { ContextValues } from "./serving/values.ts";
import type { Kind, Value } from "./value.ts";

/** The version number of the bootstrap document's format. Documents with another number are refused. */
export const BOOTSTRAP_FORMAT = 1;

/** The values of one context, which a program can read without evaluating rules; see `docs/reference/bootstrap.md`. */
export interface Bootstrap {
  /** The generation of the snapshot from which the values were read. */
  readonly generation: number;
  /** The time when the evaluation of the features began, in milliseconds since 1970. */
  readonly time: number;
  /** The SHA-256 of the context, in lower-case hexadecimal; `undefined` if the values were read without a context. */
  readonly context: string | undefined;
  /** The features and their values for the context, in the order of the snapshot. */
  readonly features: readonly BootstrapFeature[];
}

/** One feature of a {@link Bootstrap}, with its value for the context. */
export interface BootstrapFeature {
  /** The key by which programs read the feature. */
  readonly key: string;
  /** The feature's type; `undefined` if the type is unknown, or if the client had no features for the context. */
  readonly kind: Kind | undefined;
  /** The value for the context; `undefined` if it is null, or if the client had no features for the context. */
  readonly value: Value | undefined;
  /** The version of the feature's value; -1 if the client had no features for the context. */
  readonly version: number;
  /** The reason for the value, for example that a strategy matched. */
  readonly reason: Reason;
  /** The id of the strategy that gave the value; `default` if no such id is known. */
  readonly variant: string;
}

/** Returns the document of the values of one context. */
export function bootstrapOf(values: ContextValues): Bootstrap {
  const features = values.features.map(({ key, kind, value, version, reason: own, variant }) => {
    // The document's format has no reason for other contexts.
    const reason = own === "OTHER_CONTEXT" ? "NOT_READY" : own;
    return { key, kind, value, version, reason, variant };
  });
  return { generation: values.generation, time: values.time, context: values.contextHash, features };
}
