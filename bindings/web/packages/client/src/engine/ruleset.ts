import type { GivenAttributes } from "../attributes.ts";
import type { Evaluation, OnMissing, Ruleset } from "../repository/engine.ts";
import type { Batch } from "./batch.ts";
import type { CompiledFeatures } from "./compiled_features.ts";
import { NO_RESULT } from "./module.ts";
import type { Places } from "./places.ts";
import { FAILED } from "./results.ts";

/** The handling of features on which an engine fails. */
export interface FailureHandler {
  /** Called after the instance was replaced. `json` is the feature's JSON, `error` the error of the WebAssembly module. */
  failed(json: string, error: unknown): void;
}

/** Compiled features with their JSON. A ruleset never changes. Those of successive states share the features that did not change. */
export class WasmRuleset implements Ruleset {
  /** The JSON of each feature. */
  readonly texts: readonly string[];
  /** The compiled features, in the order of {@link WasmRuleset.texts}. */
  readonly places: Places;
  readonly #handler: FailureHandler;
  /** The positions of the features on which the engine failed; `undefined` if there are none. */
  #failed: Set<number> | undefined;

  constructor(texts: readonly string[], places: Places, handler: FailureHandler) {
    this.texts = texts;
    this.places = places;
    this.#handler = handler;
  }

  /** {@inheritDoc Ruleset.evaluate} */
  evaluate(
    position: number,
    attributes: GivenAttributes | undefined,
    now: () => number,
    onMissing?: OnMissing,
  ): Evaluation {
    const batch = this.places.batch(position);
    if (batch === undefined || this.#failed?.has(position) === true) return FAILED;
    const place = this.places.within(position);
    const within = batch.within(place);
    let features: CompiledFeatures | undefined;
    try {
      features = batch.piece(place);
    } catch (error) {
      return this.#fail(batch, position, error);
    }
    if (features === undefined) return FAILED;
    const results = features.results(within);
    const { evaluations } = results;
    // Destructuring of a list would make an iterator in each read.
    const first = evaluations[0];
    if (first !== undefined && (evaluations.length === 1 || attributes === undefined)) return first;
    const time = results.readsClock ? now() : 0;
    try {
      const result = features.evaluate(within, results.reads, attributes, time, onMissing);
      return (result === undefined || result === NO_RESULT ? undefined : evaluations[result]) ?? FAILED;
    } catch (error) {
      return this.#fail(batch, position, error);
    }
  }

  /** Excludes a feature on which the engine failed, and replaces the instance, which may have trapped. */
  #fail(batch: Batch, position: number, error: unknown): Evaluation {
    this.exclude(position);
    batch.replaceInstance();
    this.#handler.failed(this.texts[position] ?? "", error);
    return FAILED;
  }

  /** Answers evaluations of a feature with the reason `ERROR` from now on, because the engine failed on it. */
  exclude(position: number): void {
    this.#failed ??= new Set();
    this.#failed.add(position);
  }
}
