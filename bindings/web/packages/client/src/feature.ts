/**
 * A feature as it was received: an object with a non-empty text as its `key`, whatever its other members are.
 */
export interface Feature {
  /** Key of the feature, by which programs read it. */
  readonly key: string;
  /** Id of the feature; `undefined` if it is missing or not a text. */
  readonly id: string | undefined;
  /** Version of the feature's value, held at ±(2⁵³ − 1); 0 if it is missing or not an integer. */
  readonly version: number;
  /** The JSON of the feature as it was received. */
  readonly json: string;
}

/** The features of a session by key, in the order in which they were received. A map of this type never changes. */
export type Ruleset = ReadonlyMap<string, Feature>;
