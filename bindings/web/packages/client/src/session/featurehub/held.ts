import type { Attributes } from "../../attributes.ts";

/**
 * The relation of the held features to the current context, and whether they are served.
 *
 * - `unserved`: no features are served. The held features, if there are any, are not marked as features of an earlier context.
 * - `current`: the features of the current context are served.
 * - `kept`: the features of an earlier context are served, because those of the current context have not arrived.
 * - `withheld`: the features belong to an earlier context, or to keys of the other kind, and are not served.
 *
 * `of` is the context for which the Edge evaluated the features; `undefined` if the client evaluates them.
 */
export type Held =
  | { readonly kind: "unserved" | "current" }
  | { readonly kind: "kept" | "withheld"; readonly of: Attributes | undefined };

/** No features are served. */
export const UNSERVED: Held = { kind: "unserved" };

/** The features of the current context are served. */
export const CURRENT: Held = { kind: "current" };

/** Returns true if features are served, which may be features of an earlier context. */
export function isServed({ kind }: Held): boolean {
  return kind === "current" || kind === "kept";
}

/** Returns true if the features are marked as features of an earlier context. */
export function isOfEarlierContext(held: Held): held is Held & { kind: "kept" | "withheld" } {
  return held.kind === "kept" || held.kind === "withheld";
}

/** Marks the features as features of an earlier context. Features that were marked before keep their context. */
export function leftToEarlierContext(held: Held, of: Attributes | undefined): Held {
  return isOfEarlierContext(held) ? held : { kind: held.kind === "current" ? "kept" : "withheld", of };
}

/** Stops serving the features. Features of an earlier context stay marked as such. */
export function withheld(held: Held): Held {
  return isOfEarlierContext(held) ? { kind: "withheld", of: held.of } : UNSERVED;
}
