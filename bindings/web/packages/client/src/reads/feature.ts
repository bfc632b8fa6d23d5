import type { Changes, ChangesOptions } from "./changes.ts";
import type { Change, Explanation, FeatureDetail, FlagKey, FlagOf } from "./plain_value.ts";
import type { Reads } from "./reads.ts";
import type { Kind, Subscription } from "../repository/lib.ts";

/** The current features, as `LiveReads` reads them, which makes the handles. */
export interface CurrentReads<F extends object> extends Reads<F> {
  explain<K extends FlagKey<F>>(key: K): Promise<Explanation<F[K]>>;
  onChange<K extends FlagKey<F>>(key: K, call: (change: Change<F[K]>) => unknown): Subscription;
  changes<K extends FlagKey<F>>(key: K, options: ChangesOptions): Changes<F[K]>;
}

/** The getters of a feature whose declared type is `V`, or all getters if no type is declared. */
type If<V, Base, Getter> = unknown extends V ? Getter : V extends Base ? Getter : never;

/**
 * A handle that reads one feature, for a context or without a context. Each read returns the value that the feature has at that time.
 *
 * @example
 * ```ts
 * const colour = mara.feature("COLOUR");
 * colour.string(); // "red"
 * colour.exists; // true
 * ```
 */
export class Feature<F extends object, K extends keyof F & string> {
  /** The key of the feature. */
  readonly key: K;
  readonly #reads: CurrentReads<F>;

  /** @internal */
  constructor(reads: CurrentReads<F>, key: K) {
    this.#reads = reads;
    this.key = key;
  }

  /** Returns true if the feature is a BOOLEAN with the value true. */
  isEnabled(this: If<F[K], boolean, this>): boolean {
    return untyped(this).isEnabled(this.key);
  }

  /** Returns the value of a BOOLEAN feature. */
  boolean(this: If<F[K], boolean, this>): boolean | undefined;
  boolean(this: If<F[K], boolean, this>, defaultValue: boolean): boolean;
  boolean(this: Feature<F, K>, defaultValue?: boolean): boolean | undefined {
    return untyped(this).boolean(this.key) ?? defaultValue;
  }

  /** Returns the value of a STRING feature. */
  string(this: If<F[K], string, this>): FlagOf<F, K, string> | undefined;
  string(this: If<F[K], string, this>, defaultValue: FlagOf<F, K, string>): FlagOf<F, K, string>;
  string(this: Feature<F, K>, defaultValue?: unknown): unknown {
    return untyped(this).string(this.key) ?? defaultValue;
  }

  /** Returns the value of a NUMBER feature as the nearest double. */
  number(this: If<F[K], number, this>): FlagOf<F, K, number> | undefined;
  number(this: If<F[K], number, this>, defaultValue: FlagOf<F, K, number>): FlagOf<F, K, number>;
  number(this: Feature<F, K>, defaultValue?: unknown): unknown {
    return untyped(this).number(this.key) ?? defaultValue;
  }

  /** Returns the text of a NUMBER feature, which keeps all digits. */
  decimal(this: If<F[K], number, this>): string | undefined;
  decimal(this: If<F[K], number, this>, defaultValue: string): string;
  decimal(this: Feature<F, K>, defaultValue?: string): string | undefined {
    return untyped(this).decimal(this.key) ?? defaultValue;
  }

  /** Returns the parsed document of a JSON feature. */
  json(this: If<F[K], object | null, this>): FlagOf<F, K, unknown> | undefined;
  json(this: If<F[K], object | null, this>, defaultValue: FlagOf<F, K, unknown>): FlagOf<F, K, unknown>;
  json(this: Feature<F, K>, defaultValue?: unknown): unknown {
    return untyped(this).json(this.key, defaultValue);
  }

  /** Returns the unparsed text of a JSON feature. */
  rawJson(this: If<F[K], object | null, this>): string | undefined {
    return untyped(this).rawJson(this.key);
  }

  /** Returns the value of a feature of any type. */
  value(): F[K] | undefined;
  value(defaultValue: F[K]): F[K];
  value(defaultValue?: F[K]): F[K] | undefined {
    return this.#reads.value(this.key, defaultValue as F[K]);
  }

  /** Returns the value, with its reason and further data of the feature. */
  detail(): FeatureDetail<F[K]> {
    return this.#reads.detail(this.key);
  }

  /** Returns the same as {@link Feature.detail}, without notifying observers. */
  peek(): FeatureDetail<F[K]> {
    return this.#reads.peek(this.key);
  }

  /**
   * Returns the value with the steps of its evaluation. Observers are not notified. With a client-evaluated key, the full engine is loaded.
   *
   * @throws an error if the engine cannot be loaded
   *
   * @example
   * ```ts
   * console.log((await mara.feature("COLOUR").explain()).report);
   * ```
   */
  explain(): Promise<Explanation<F[K]>> {
    return this.#reads.explain(this.key);
  }

  /** True if the feature has a value other than null. */
  get isSet(): boolean {
    return this.#reads.isSet(this.key);
  }

  /** True if the feature exists. */
  get exists(): boolean {
    return this.#reads.exists(this.key);
  }

  /** True if the feature is locked. */
  get isLocked(): boolean {
    return this.peek().isLocked;
  }

  /** The version of the feature's value; -1 if the feature does not exist. */
  get version(): number {
    return this.peek().version;
  }

  /** The feature's type; `undefined` if the feature does not exist or its type is unknown. */
  get kind(): Kind | undefined {
    return this.peek().kind;
  }

  /** Returns the names and values of the feature's properties. */
  properties(): [name: string, value: string][] {
    return this.peek().properties();
  }

  /**
   * Registers a listener that is called when the value or the lock of the feature changes.
   *
   * @example
   * ```ts
   * using watch = mara.feature("COLOUR").onChange((change) => console.log(change.new));
   * ```
   */
  onChange(call: (change: Change<F[K]>) => unknown): Subscription {
    return this.#reads.onChange(this.key, call);
  }

  /** Returns the changes of the feature as an asynchronous iterator. */
  changes(options: ChangesOptions = {}): Changes<F[K]> {
    return this.#reads.changes(this.key, options);
  }

  /** @internal Returns the reads without the declared types. */
  get reads(): CurrentReads<Record<string, unknown>> {
    return this.#reads as unknown as CurrentReads<Record<string, unknown>>;
  }
}

function untyped(feature: {
  readonly reads: CurrentReads<Record<string, unknown>>;
}): CurrentReads<Record<string, unknown>> {
  return feature.reads;
}
