import type { Attributes } from "../../attributes.ts";
import { contextHash } from "../context_hash.ts";
import { Detail } from "./detail.ts";
import type { RepositorySnapshot } from "./snapshot.ts";

/**
 * All features with their values for one context, from one snapshot, in the order of `RepositorySnapshot.keys`. `bootstrapOf`
 * makes the document of `docs/bootstrap.md` from it.
 */
export class ContextValues {
  /** The features with their values. */
  readonly features: readonly Detail[];
  /** The generation of the snapshot from which the values were read. */
  readonly generation: number;
  /** The time when the evaluation of the values began, in milliseconds since 1970. */
  readonly time: number;
  readonly #attributes: Attributes | undefined;

  constructor(snapshot: RepositorySnapshot, time: number, attributes: Attributes | undefined) {
    const keys = [...snapshot.rules.entries.keys()];
    this.features = keys.map((key) => new Detail(snapshot, key, snapshot.answer(key, attributes)));
    this.generation = snapshot.generation;
    this.time = time;
    this.#attributes = attributes;
  }

  /** Returns the SHA-256 of the context, in lower-case hexadecimal; `undefined` if the values were read without a context. */
  contextHash(): string | undefined {
    return this.#attributes && contextHash(this.#attributes);
  }

  /** Iterates over the features. */
  [Symbol.iterator](): Iterator<Detail> {
    return this.features[Symbol.iterator]();
  }
}
