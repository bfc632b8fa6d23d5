import type { Kind, Value } from "./value.ts";

/** A feature as it was received: a key with a type, a value and further data. It is immutable. */
export interface Feature {
  /** The JSON text of the feature, as received. */
  readonly json: string;
  /** The key by which programs read the feature; not empty. */
  readonly key: string;
  /** The id of the feature; `undefined` if the payload has no id that is a text. */
  readonly id: string | undefined;
  /** The version of the feature's value, held at ±(2⁵³ − 1); 0 if the payload's version cannot be read as an integer. */
  readonly version: number;
  /** The feature's type; `undefined` if the payload's type is missing or unknown. */
  readonly kind: Kind | undefined;
  /** True if the payload says that the feature is locked. */
  readonly isLocked: boolean;
  /** The value of the feature itself, without strategies, converted to the feature's type (evaluation 5.2). */
  readonly value: Value | undefined;
}
