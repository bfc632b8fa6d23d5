import type { Rules } from "./rules.ts";
import type { Source } from "./source.ts";

/** Features to serve, and the cause of their publication. */
export interface Publication {
  /** The features of all environments. */
  readonly rules: Rules;
  /** The cause of the publication, which decides if catch & release may hold the features back. */
  readonly cause: Cause;
}

/**
 * The reason why features are published.
 *
 * - `first`: the features are the first list, or the first list after a change of the API keys or of the context for which the
 *   earlier features are not valid. They are served at once, even while catch & release holds updates back.
 * - `change`: a reader may see a difference, for example in a value, a strategy or a lock, or because a feature was added or
 *   removed.
 * - `invisible`: the features have no visible difference. Only parts such as versions may have changed, or the contexts for
 *   which the values are valid.
 */
export type Cause = "first" | "change" | "invisible";

/** An update in the form in which it was received. */
export interface RawUpdate {
  /** The source that sent the update, for example a poll or a store. */
  readonly source: Source;
  /** The id of the environment of the update; `undefined` if the update may hold several environments. */
  readonly environment: string | undefined;
  /** The kind of the update, which determines the form of `json`. */
  readonly kind: RawKind;
  /**
   * The JSON of the update, for example a list of features, a list of environments (the body of a poll), one feature, or the
   * data of a delete event.
   */
  readonly json: string;
}

/**
 * The kind of a raw update: a list of features, or of environments with their features; the state of one feature; the deletion
 * of one feature.
 */
export type RawKind = "list" | "feature" | "delete";
