import type { GivenAttributes } from "../attributes.ts";
import {
  type Explanation,
  type FeatureDetail,
  type FlagKey,
  type FlagOf,
  type KeyOf,
  plainDetail,
  plainValue,
} from "./plain_value.ts";
import type { ClientParts } from "../driver/parts.ts";
import type { ContextAttributes } from "../options/options.ts";
import {
  attributesIn,
  type Bootstrap,
  bootstrapOf,
  contextValues,
  type Kind,
  type RepositorySnapshot,
  type SessionStatus,
  writeBootstrap,
} from "../repository/lib.ts";
import type { ValueOf } from "../repository/value.ts";

/**
 * Reads of features by key, with or without a context. Reads use the features in memory, and never throw. A read of a value that does not
 * exist returns `undefined`, `false`, or the given default.
 *
 * @example
 * ```ts
 * const colour = mara.string("COLOUR", "red");
 * ```
 */
export class Reads<F extends object> {
  /** The holder of the snapshot to read: a repository, whose snapshot changes, or an object that always has the same one. */
  readonly #source: { readonly live: RepositorySnapshot };
  /** The context of the reads; `undefined` for reads without a context. */
  protected readonly contextAttributes: GivenAttributes | undefined;

  /** @internal */
  constructor(source: { readonly live: RepositorySnapshot }, attributes: GivenAttributes | undefined) {
    this.#source = source;
    this.contextAttributes = attributes;
  }

  /** Returns true if {@link Reads.boolean} returns true. */
  isEnabled(key: KeyOf<F, boolean>): boolean {
    return this.#read(key, "BOOLEAN") === true;
  }

  /**
   * Returns the value of a BOOLEAN feature, or the value with which an interceptor overrides it. Returns `undefined`, or the default, if the
   * value is null or has another type, if the feature does not exist, or if the client has no features for the context.
   *
   * @example
   * ```ts
   * if (mara.boolean("NEW_CHECKOUT", true)) showNewCheckout();
   * ```
   */
  boolean(key: KeyOf<F, boolean>): boolean | undefined;
  boolean(key: KeyOf<F, boolean>, defaultValue: boolean): boolean;
  boolean(key: string, defaultValue?: boolean): boolean | undefined {
    return this.#read(key, "BOOLEAN") ?? defaultValue;
  }

  /**
   * Returns the value of a STRING feature; see {@link Reads.boolean}.
   *
   * @example
   * ```ts
   * const colour = mara.string("COLOUR", "red");
   * ```
   */
  string<K extends KeyOf<F, string>>(key: K): FlagOf<F, K, string> | undefined;
  string<K extends KeyOf<F, string>>(key: K, defaultValue: FlagOf<F, K, string>): FlagOf<F, K, string>;
  string(key: string, defaultValue?: unknown): unknown {
    return this.#read(key, "STRING") ?? defaultValue;
  }

  /**
   * Returns the value of a NUMBER feature as the nearest double; see {@link Reads.boolean}.
   *
   * @example
   * ```ts
   * const perDay = mara.number("LIMIT", 3);
   * ```
   */
  number<K extends KeyOf<F, number>>(key: K): FlagOf<F, K, number> | undefined;
  number<K extends KeyOf<F, number>>(key: K, defaultValue: FlagOf<F, K, number>): FlagOf<F, K, number>;
  number(key: string, defaultValue?: unknown): unknown {
    return this.#read(key, "NUMBER")?.number ?? defaultValue;
  }

  /**
   * Returns the text of a NUMBER feature, which keeps all digits: `7.50` stays `7.50`. See {@link Reads.boolean}.
   *
   * @example
   * ```ts
   * const price = mara.decimal("PRICE", "7.50");
   * ```
   */
  decimal(key: KeyOf<F, number>): string | undefined;
  decimal(key: KeyOf<F, number>, defaultValue: string): string;
  decimal(key: string, defaultValue?: string): string | undefined {
    return this.#read(key, "NUMBER")?.text ?? defaultValue;
  }

  /**
   * Returns the parsed document of a JSON feature, which is frozen. Returns `undefined`, or the default, also if the text is no JSON
   * document; see {@link Reads.boolean} for the other cases.
   *
   * @example
   * ```ts
   * const limits = mara.json("LIMITS", { perDay: 3 });
   * ```
   */
  json<K extends KeyOf<F, object | null>>(key: K): FlagOf<F, K, unknown> | undefined;
  json<K extends KeyOf<F, object | null>>(key: K, defaultValue: FlagOf<F, K, unknown>): FlagOf<F, K, unknown>;
  json(key: string, defaultValue?: unknown): unknown {
    const document = this.#read(key, "JSON")?.parse();
    return document === undefined ? defaultValue : document;
  }

  /** Returns the unparsed text of a JSON feature; see {@link Reads.boolean}. */
  rawJson(key: KeyOf<F, object | null>): string | undefined {
    return this.#read(key, "JSON")?.text;
  }

  /** Returns the value of a feature of any type; see {@link Reads.boolean}. */
  value<K extends FlagKey<F>>(key: K): F[K] | undefined;
  value<K extends FlagKey<F>>(key: K, defaultValue: F[K]): F[K];
  value(key: string, defaultValue?: unknown): unknown {
    const value = plainValue(this.#source.live.use(key, this.contextAttributes).value);
    return value === undefined ? defaultValue : value;
  }

  /**
   * Returns the value of a feature, with its reason and further data of the feature.
   *
   * @example
   * ```ts
   * const { value, reason, strategyId } = mara.detail("COLOUR");
   * console.log(value, reason, strategyId); // "blue" "STRATEGY_MATCH" "s1"
   * ```
   */
  detail<K extends FlagKey<F>>(key: K): FeatureDetail<F[K]> {
    return plainDetail(this.#source.live.detail(key, this.contextAttributes));
  }

  /**
   * Returns the same as {@link Reads.detail}, if the feature has this type. Otherwise the reason is `TYPE_MISMATCH`.
   *
   * @example
   * ```ts
   * const { value, reason } = mara.detailAs("COLOUR", "NUMBER");
   * console.log(value, reason); // undefined "TYPE_MISMATCH"
   * ```
   */
  detailAs<K extends FlagKey<F>>(key: K, kind: Kind): FeatureDetail<F[K]> {
    return plainDetail(this.#source.live.detail(key, this.contextAttributes, kind));
  }

  /** Returns the same as {@link Reads.detail}, or as {@link Reads.detailAs} for a type, without notifying observers. */
  peek<K extends FlagKey<F>>(key: K, kind?: Kind): FeatureDetail<F[K]> {
    return plainDetail(this.#source.live.peek(key, this.contextAttributes, kind));
  }

  /** Returns true if the feature has a value other than null. Observers are not notified. */
  isSet(key: FlagKey<F>): boolean {
    return this.#source.live.peek(key, this.contextAttributes).value !== undefined;
  }

  /** Returns true if the feature exists. An override of a missing feature does not count. Observers are not notified. */
  exists(key: FlagKey<F>): boolean {
    return this.#source.live.exists(key);
  }

  /** Returns the keys of all features. Observers are not notified. */
  keys(): string[] {
    return this.#source.live.keys();
  }

  /**
   * Returns all features with their values, from one state. Observers are not notified.
   *
   * @example
   * ```ts
   * for (const { key, value } of mara.values()) console.log(key, value);
   * ```
   */
  values(): FeatureDetail[] {
    return this.#source.live.values(this.contextAttributes).map((detail) => plainDetail(detail));
  }

  /** Returns the values as the document of `docs/reference/bootstrap.md`, which holds no rules. Observers are not notified. */
  bootstrap(): Bootstrap {
    return bootstrapOf(contextValues(this.#source.live, this.contextAttributes));
  }

  /**
   * Returns the JSON of {@link Reads.bootstrap}, which Rust's clients read, too.
   *
   * @example
   * ```ts
   * const script = `<script type="application/json" id="features">${toScript(mara.dehydrate())}</script>`;
   * ```
   */
  dehydrate(): string {
    return writeBootstrap(this.bootstrap());
  }

  #read<K extends Kind>(key: string, kind: K): ValueOf[K] | undefined {
    return this.#source.live.read(key, kind, this.contextAttributes);
  }
}

/**
 * The features of a client at one time. All reads use these features, even if updates arrive meanwhile.
 *
 * @example
 * ```ts
 * const snapshot = client.snapshot();
 * for (const userkey of ["mara", "ada"]) console.log(snapshot.of({ userkey }).string("COLOUR"));
 * ```
 */
export class Snapshot<F extends object> extends Reads<F> {
  /** A number that increases whenever a read may return another value. */
  readonly generation: number;

  /** The status of the client at the time of the snapshot. Times are milliseconds of the client's own clock. */
  readonly status: SessionStatus;
  readonly #parts: ClientParts;
  readonly #live: RepositorySnapshot;

  /** @internal */
  constructor(parts: ClientParts, attributes: GivenAttributes | undefined, live = parts.repository.live) {
    super({ live }, attributes);
    this.generation = live.generation;
    this.status = live.status;
    this.#parts = parts;
    this.#live = live;
  }

  /** Returns a snapshot of the same features whose reads are for the context with these attributes. */
  of(attributes: ContextAttributes): Snapshot<F> {
    return new Snapshot(this.#parts, attributesIn(attributes), this.#live);
  }

  /**
   * Returns the id of the environment that a feature comes from; `undefined` if it is unknown. If all features come from one environment,
   * returns its id for any key.
   */
  environmentOf(key: string): string | undefined {
    return this.#live.rules.environmentOf(key);
  }

  /**
   * Returns the value of a feature in the snapshot with the steps of its evaluation. Observers are not notified. With a client-evaluated key,
   * the full engine is loaded.
   *
   * @throws an error if the engine cannot be loaded
   */
  async explain<K extends FlagKey<F>>(key: K): Promise<Explanation<F[K]>> {
    const { explainFeature } = await import("./explain.ts");
    return explainFeature(this.#parts, key, this.contextAttributes, this.#live);
  }
}
