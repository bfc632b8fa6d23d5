import { Changes, type ChangesOptions } from "./changes.ts";
import type { GivenAttributes } from "../attributes.ts";
import { Feature } from "./feature.ts";
import { type Change, type Explanation, type FlagKey, plainChange } from "./plain_value.ts";
import { Reads, Snapshot } from "./reads.ts";
import { listen, onChange, type Params, type Subscription } from "../repository/lib.ts";
import type { ClientParts } from "../driver/parts.ts";

/** Returns the parts of a client or a context, for the files of this package that are not part of each page. */
export let partsOf: <F extends object>(reads: LiveReads<F>) => ClientParts;

/**
 * Reads of the current features, and listeners for their changes.
 *
 * @example
 * ```ts
 * const showColour = (reads: LiveReads<Flags>): void => console.log(reads.string("COLOUR", "red"));
 * showColour(client);
 * showColour(mara);
 * ```
 */
export class LiveReads<F extends object> extends Reads<F> {
  static {
    partsOf = (reads) => reads.#parts;
  }

  readonly #parts: ClientParts;

  /** @internal */
  constructor(parts: ClientParts, attributes: GivenAttributes | undefined) {
    super(parts.repository, attributes);
    this.#parts = parts;
  }

  /**
   * Returns a handle that reads one feature. The feature need not exist yet.
   *
   * @example
   * ```ts
   * const colour = mara.feature("COLOUR");
   * console.log(colour.string("red"), colour.version);
   * ```
   */
  feature<K extends FlagKey<F>>(key: K): Feature<F, K> {
    return new Feature(this, key);
  }

  /**
   * Returns the present features. Reads of the snapshot use the same features even if updates arrive meanwhile.
   *
   * @example
   * ```ts
   * const snapshot = mara.snapshot();
   * console.log(snapshot.string("COLOUR"), snapshot.number("LIMIT")); // both of the same update
   * ```
   */
  snapshot(): Snapshot<F> {
    return new Snapshot(this.#parts, this.contextAttributes);
  }

  /**
   * Registers a listener that is called when the value or the lock of the feature changes. It is not called for the present value. The
   * feature need not exist.
   *
   * @example
   * ```ts
   * using watch = mara.onChange("COLOUR", (change) => console.log(change.old, change.new));
   * ```
   */
  onChange<K extends FlagKey<F>>(key: K, call: (change: Change<F[K]>) => unknown): Subscription {
    return onChange(this.#parts.repository, key, this.contextAttributes, (change) =>
      call(plainChange(change)),
    );
  }

  /**
   * Registers a listener that is called with the generation when reads may return other values. Unlike {@link LiveReads.onChange}, it is
   * also called when features stop having values, as they do while the Edge evaluates another context. The listener compares the values
   * that it shows.
   *
   * @example
   * ```ts
   * using watch = mara.onGeneration(() => paint(mara.string("COLOUR", "red")));
   * ```
   */
  onGeneration(call: (generation: number) => unknown): Subscription {
    return listen(this.#parts.repository, "generation", call);
  }

  /**
   * Returns the changes of the feature as an asynchronous iterator, which ends with the client or with the signal. Changes that the reader
   * has not received are merged into one.
   *
   * @example
   * ```ts
   * for await (const change of mara.changes("COLOUR", { signal })) paint(change.new);
   * ```
   */
  changes<K extends FlagKey<F>>(key: K, options: ChangesOptions = {}): Changes<F[K]> {
    const { repository, driver } = this.#parts;
    return new Changes(
      (call) => onChange(repository, key, this.contextAttributes, call),
      driver.finished,
      options,
    );
  }

  /**
   * Returns the value with the steps of its evaluation. Observers are not notified. With a client-evaluated key, the full engine is loaded.
   *
   * @throws an error if the engine cannot be loaded
   *
   * @example
   * ```ts
   * console.log((await mara.explain("COLOUR")).report);
   * ```
   */
  explain<K extends FlagKey<F>>(key: K): Promise<Explanation<F[K]>> {
    return this.snapshot().explain(key);
  }

  /**
   * Reports an event with this name to observers, with the values of the features.
   *
   * @example
   * ```ts
   * mara.record("checkout", { total: 41.5, currency: "NZD" });
   * ```
   */
  record(name: string, params: Params = {}): void {
    const { live } = this.#parts.repository;
    live.observers?.named(name, params, this.contextAttributes?.map, () =>
      live.usedFeatures(this.contextAttributes),
    );
  }
}
