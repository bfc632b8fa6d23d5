import type { GivenAttributes } from "../../attributes.ts";
import { contextHash } from "../context_hash.ts";
import type { Detail } from "./detail.ts";
import type { RepositorySnapshot } from "./snapshot.ts";

/** All features with their values for one context, from one snapshot. `bootstrapOf` makes the document of `docs/reference/bootstrap.md` from it. */
export interface ContextValues {
  /** The features with their values, in the order of `RepositorySnapshot.keys`. */
  readonly features: readonly Detail[];
  /** The generation of the snapshot from which the values were read. */
  readonly generation: number;
  /** The time when the evaluation of the values began, in milliseconds since 1970. */
  readonly time: number;
  /** The SHA-256 of the context, in lower-case hexadecimal; `undefined` if the values were read without a context. */
  readonly contextHash: string | undefined;
}

/** Returns all features with their values for the context `attributes`. */
export function contextValues(snapshot: RepositorySnapshot, attributes?: GivenAttributes): ContextValues {
  const time = snapshot.repository.clock();
  const { generation } = snapshot;
  const hash = attributes && contextHash(attributes.map);
  return { time, features: snapshot.values(attributes), generation, contextHash: hash };
}
