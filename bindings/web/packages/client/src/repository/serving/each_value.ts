import type { GivenAttributes } from "../../attributes.ts";
import type { Value } from "../value.ts";
import type { RepositorySnapshot } from "./snapshot.ts";

/**
 * Calls `each` with the key and the value of every feature for the context `attributes`, in the order of
 * `RepositorySnapshot.keys`. The values are those of `RepositorySnapshot.values`: `undefined` if the value is null, or if the
 * client has no features for this context. Does not count as a use of the features.
 */
export function forEachValue(
  snapshot: RepositorySnapshot,
  attributes: GivenAttributes | undefined,
  each: (key: string, value: Value | undefined) => void,
): void {
  for (const key of snapshot.keys()) each(key, snapshot.answer(key, attributes).value);
}
