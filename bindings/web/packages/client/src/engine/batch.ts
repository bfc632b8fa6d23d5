import type { CompiledFeatures } from "./compiled_features.ts";
import type { Instance } from "./instance.ts";

/** The bits of a position in a piece of features that are compiled when one of them is first read. */
export const LAZY_BITS = 5;
/** The bits of a position in a piece that has all features. */
export const WHOLE_BITS = 30;

/**
 * Features that were received together. They are compiled in pieces, each when one of its features is first read: a page reads few of many
 * features, and would wait for all of them at its start. A server has one piece, which is compiled before requests read it.
 */
export class Batch {
  /** Number of features. */
  readonly count: number;
  readonly #instance: Instance;
  readonly #bits: number;
  readonly #compile: (from: number) => CompiledFeatures;
  /** The pieces that were compiled, by the positions of their first features, shifted. */
  readonly #pieces: (CompiledFeatures | undefined)[] = [];

  /**
   * @param bits - the bits of a position in a piece
   * @param compile - compiles the piece whose first feature has this position
   */
  constructor(instance: Instance, count: number, bits: number, compile: (from: number) => CompiledFeatures) {
    this.#instance = instance;
    this.count = count;
    this.#bits = bits;
    this.#compile = compile;
  }

  /**
   * Returns the piece of a feature, which is compiled now if it was not before; `undefined` if there is no usable instance.
   *
   * @throws the error of the engine
   */
  piece(position: number): CompiledFeatures | undefined {
    const number = position >> this.#bits;
    const known = this.#pieces[number];
    if (known !== undefined || !this.#instance.isUsable) return known;
    return (this.#pieces[number] = this.#compile(number << this.#bits));
  }

  /** Returns the position of a feature in its piece. */
  within(position: number): number {
    return position & ((1 << this.#bits) - 1);
  }

  /** Replaces the instance, which has trapped. */
  replaceInstance(): void {
    this.#instance.replace();
  }

  /** Frees the memory of the features in the engine. An evaluation compiles them again. */
  evict(): void {
    for (const piece of this.#pieces) piece?.evict();
  }
}
