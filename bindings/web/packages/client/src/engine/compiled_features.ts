import type { GivenAttributes } from "../attributes.ts";
import type { OnMissing } from "../repository/engine.ts";
import { guarded } from "./guard.ts";
import type { Instance } from "./instance.ts";
import { type FeatureResults, readResults, type Results } from "./results.ts";

/**
 * Features that the engine compiled together, with their handle in an instance of the engine. After the instance was replaced, or the features
 * were evicted, the next evaluation compiles them again. The engine frees them when the object is unreachable, or after
 * {@link CompiledFeatures.free}.
 */
export class CompiledFeatures {
  readonly #all: Results;
  /** The results of the features that were asked for, by their positions. */
  readonly #results: (FeatureResults | undefined)[];
  readonly #instance: Instance;
  readonly #compile: () => number;
  /** 0 for features that were evicted or freed. */
  #handle: number;
  #epoch: number;
  #isFreed = false;

  /** @param compile - compiles the features in the present instance, and returns their handle, which this object then owns */
  constructor(instance: Instance, compile: () => number) {
    this.#instance = instance;
    this.#compile = compile;
    this.#handle = compile();
    this.#epoch = instance.epoch;
    instance.freeWith(this, this.#handle);
    this.#all = readResults(instance.module, this.#handle, instance.names);
    this.#results = Array<FeatureResults | undefined>(this.#all.count);
  }

  /** Number of features. */
  get count(): number {
    return this.#all.count;
  }

  /** Returns the possible results of a feature. */
  results(position: number): FeatureResults {
    return (this.#results[position] ??= this.#all.of(position));
  }

  /**
   * Evaluates a feature, and returns the position of the result among the feature's results. Returns `undefined` if the features were freed,
   * or if there is no usable instance. `reads` is that of the feature's results.
   *
   * @throws the error of the engine
   */
  evaluate(
    position: number,
    reads: number,
    attributes: GivenAttributes | undefined,
    now: number,
    onMissing?: OnMissing,
  ): number | undefined {
    const instance = this.#instance;
    if (!this.#isCompiled()) return undefined;
    return instance.contexts.evaluate(this.#handle, position, attributes, reads, now, onMissing);
  }

  /**
   * Calls a function of the module with the handle of the features. Returns `undefined` if the features were freed, or if there is no usable
   * instance.
   *
   * @throws the error of the call; after a trap, a fresh instance replaces this one
   */
  use<T>(call: (handle: number) => T): T | undefined {
    return guarded(this.#instance, () => (this.#isCompiled() ? call(this.#handle) : undefined));
  }

  /** Frees the features. */
  free(): void {
    this.#isFreed = true;
    this.evict();
  }

  /** Frees the memory of the features in the engine. An evaluation compiles them again. */
  evict(): void {
    if (this.#handle === 0) return;
    this.#instance.keep(this);
    this.#instance.free(this.#handle, this.#epoch);
    this.#handle = 0;
  }

  /** Compiles the features again if they were evicted, or if another instance has replaced that of the handle. Returns false if they cannot be used. */
  #isCompiled(): boolean {
    const instance = this.#instance;
    if (this.#isFreed) return false;
    if (this.#handle !== 0 && this.#epoch === instance.epoch) return true;
    if (!instance.isUsable) return false;
    instance.keep(this);
    this.#handle = this.#compile();
    this.#epoch = instance.epoch;
    instance.freeWith(this, this.#handle);
    return true;
  }
}
