import type { Attributes } from "../attributes.ts";
import type { Evaluation, Ruleset } from "../repository/engine.ts";
import { guarded } from "./guard.ts";
import type { Instance } from "./instance.ts";
import { NO_RESULT } from "./module.ts";
import { FAILED, type FeatureResults, readResults } from "./results.ts";

/** What an engine does when it fails on a feature. */
export interface FailureHandler {
  /** Called after the instance was replaced. `json` is the feature's JSON, `error` the error of the WebAssembly module. */
  failed(json: string, error: unknown): void;
}

/** A ruleset in an instance of the engine. After the instance was replaced, the next evaluation compiles the ruleset again. */
export class WasmRuleset implements Ruleset {
  readonly #features: readonly string[];
  readonly #instance: Instance;
  readonly #compile: () => number;
  readonly #handler: FailureHandler;
  readonly #results: readonly FeatureResults[];
  /** The positions of the features on which the engine failed; `undefined` if there are none. */
  #failed: Set<number> | undefined;
  #handle: number;
  #epoch: number;
  #isFreed = false;

  /**
   * @param features - the JSON of each feature
   * @param compile - compiles the features in the present instance, and returns the handle of the ruleset, which this object then owns
   * @param isFailing - returns true for the JSON of a feature that must not be evaluated, because the engine failed on it before
   */
  constructor(
    features: readonly string[],
    instance: Instance,
    compile: () => number,
    isFailing: (json: string) => boolean,
    handler: FailureHandler,
  ) {
    this.#features = features;
    this.#instance = instance;
    this.#handler = handler;
    this.#compile = compile;
    this.#handle = compile();
    this.#epoch = instance.epoch;
    this.#results = readResults(instance.module, this.#handle);
    features.forEach((json, position) => {
      if (isFailing(json)) this.#exclude(position);
    });
    instance.freeWith(this, this.#handle);
  }

  /** {@inheritDoc Ruleset.evaluate} */
  evaluate(position: number, attributes: Attributes | undefined, now: () => number): Evaluation {
    const feature = this.#results[position];
    if (feature === undefined || this.#failed?.has(position) === true) return FAILED;
    const { evaluations } = feature;
    const [first] = evaluations;
    if (first !== undefined && (evaluations.length === 1 || attributes === undefined)) return first;
    const time = feature.readsClock ? now() : 0;
    try {
      const instance = this.#instance;
      if (this.#epoch !== instance.epoch && !this.#isCompiled()) return FAILED;
      const context = instance.contexts.handle(attributes);
      const result = instance.module.evaluate(this.#handle, position, context, time);
      return (result === NO_RESULT ? undefined : evaluations[result]) ?? FAILED;
    } catch (error) {
      this.#exclude(position);
      this.#instance.replace();
      this.#handler.failed(this.#features[position] ?? "", error);
      return FAILED;
    }
  }

  /**
   * Calls a function of the module with the handle of the ruleset. Returns `undefined` if the ruleset was freed, or if there is no usable
   * instance.
   *
   * @throws the error of the call; after a trap, a fresh instance replaces this one
   */
  use<T>(call: (handle: number) => T): T | undefined {
    return guarded(this.#instance, () => (this.#isCompiled() ? call(this.#handle) : undefined));
  }

  /** {@inheritDoc Ruleset.readsClock} */
  readsClock(position: number): boolean {
    return this.#results[position]?.readsClock === true;
  }

  /** Frees the ruleset. Evaluations of features with strategies then have the reason `ERROR`. */
  [Symbol.dispose](): void {
    if (this.#isFreed) return;
    this.#isFreed = true;
    this.#instance.keep(this);
    this.#instance.free(this.#handle, this.#epoch);
    this.#handle = 0;
  }

  #exclude(position: number): void {
    this.#failed ??= new Set();
    this.#failed.add(position);
  }

  /** Compiles the ruleset again if another instance has replaced that of the handle. Returns false if it cannot be used. */
  #isCompiled(): boolean {
    const instance = this.#instance;
    if (this.#isFreed) return false;
    if (this.#epoch === instance.epoch) return true;
    if (!instance.isUsable) return false;
    instance.keep(this);
    this.#handle = this.#compile();
    this.#epoch = instance.epoch;
    instance.freeWith(this, this.#handle);
    return true;
  }
}
