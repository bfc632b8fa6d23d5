/**
 * The origin of an update of features. The kinds `polling` and `streaming` and the names of stores are those with which most
 * published SDKs tag updates.
 *
 * - `polling`: a poll of the Edge.
 * - `streaming`: a stream of the Edge.
 * - `snapshot`: a stored snapshot, or one that the program provides at the start.
 * - `store`: a store, such as `redis-store`, with its name.
 */
export type Source =
  { readonly kind: "polling" | "streaming" | "snapshot" } | { readonly kind: "store"; readonly name: string };

/** The source of updates that a poll of the Edge received. */
export const POLLING: Source = Object.freeze({ kind: "polling" });

/** The source of updates that a stream of the Edge received. */
export const STREAMING: Source = Object.freeze({ kind: "streaming" });

/** The source of updates from a snapshot. */
export const SNAPSHOT: Source = Object.freeze({ kind: "snapshot" });

/**
 * Returns the name of the source, such as `polling`, or the name of the store.
 *
 * @example
 * ```ts
 * client.onRaw(({ source }) => console.log(sourceName(source))); // "streaming"
 * ```
 */
export function sourceName(source: Source): string {
  return source.kind === "store" ? source.name : source.kind;
}

/**
 * Returns true if the source is the Edge itself. A list from another source does not remove the features that the list does
 * not contain.
 */
export function isEdge(source: Source): boolean {
  return source.kind === "polling" || source.kind === "streaming";
}

/** Returns true if both sources are equal, or both are `undefined`. */
export function sameSource(left: Source | undefined, right: Source | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.kind === right.kind && sourceName(left) === sourceName(right);
}
