import { ClientPlatform } from "#platform";
import type { Attributes, GivenAttributes } from "../attributes.ts";
import type { Diagnostic } from "../engine/diagnostics.ts";
import type { EngineSource } from "../engine/load.ts";
import type { Profile } from "../engine/module.ts";
import type { AnyFlags, Explanation, FlagKey } from "../reads/plain_value.ts";
import type { ContextAttributes } from "../options/options.ts";
import { Reads } from "../reads/reads.ts";
import { attributesIn } from "../repository/lib.ts";
import type { CompiledPayload } from "./payload.ts";

/**
 * Options of {@link Ruleset.compile}.
 *
 * @example
 * ```ts
 * const options: RulesetOptions = { profile: "edge", clock: () => Date.UTC(2030, 0, 1) };
 * using ruleset = await Ruleset.compile("[]", options);
 * ```
 */
export interface RulesetOptions {
  /** The set of evaluation rules: `client`, which is the default, or that of FeatureHub's Edge. */
  readonly profile?: Profile;
  /** Returns the milliseconds since 1970, for rules on `now`; by default `Date.now`. */
  readonly clock?: () => number;
  /** The full engine, in place of the file that is beside the package's JavaScript. */
  readonly fullEngine?: EngineSource;
  /** The digest that the file of `fullEngine` must have; see `ClientOptions.integrity`. */
  readonly fullIntegrity?: string;
}

/**
 * Reads of a ruleset, with or without a context.
 *
 * @example
 * ```ts
 * using ruleset = await Ruleset.compile([{ key: "COLOUR", type: "STRING", value: "red" }]);
 * const reads: RulesetReads<AnyFlags> = ruleset;
 * console.log(reads.explain("COLOUR").report);
 * ```
 */
export class RulesetReads<F extends object> extends Reads<F> {
  readonly #payload: CompiledPayload;

  /** @internal */
  constructor(payload: CompiledPayload, attributes: GivenAttributes | undefined) {
    super(payload.repository, attributes);
    this.#payload = payload;
  }

  /**
   * Returns the value of a feature with the steps of its evaluation. The report is `undefined` if there is no such feature.
   *
   * @throws an error if the engine fails
   */
  explain<K extends FlagKey<F>>(key: K): Explanation<F[K]> {
    return { detail: this.peek(key), report: this.#payload.explain(key, this.contextAttributes) };
  }
}

/**
 * A ruleset together with the attributes of one user, device or request.
 *
 * @example
 * ```ts
 * using ruleset = await Ruleset.compile([{ key: "COLOUR", type: "STRING", value: "red" }]);
 * const context: RulesetContext<AnyFlags> = ruleset.context({ userkey: "mara" });
 * console.log(context.string("COLOUR"), context.explain("COLOUR").report);
 * ```
 */
export class RulesetContext<F extends object> extends RulesetReads<F> {
  /** The attributes of the context. */
  get attributes(): Attributes {
    return (this.contextAttributes as GivenAttributes).map;
  }
}

/**
 * Compiled features, which are evaluated without a client.
 *
 * @example
 * ```ts
 * using ruleset = await Ruleset.compile([{ key: "COLOUR", type: "STRING", value: "red" }]);
 * const mara = ruleset.context({ userkey: "mara" });
 * console.log(mara.string("COLOUR", "none"), mara.explain("COLOUR").report, ruleset.diagnostics);
 * ```
 */
export class Ruleset<F extends object = AnyFlags> extends RulesetReads<F> {
  /** The parts of the payload that the engine did not understand or could not use. */
  readonly diagnostics: readonly Diagnostic[];
  readonly #payload: CompiledPayload;

  private constructor(payload: CompiledPayload) {
    super(payload, undefined);
    this.#payload = payload;
    this.diagnostics = payload.diagnostics;
  }

  /**
   * Loads the full engine, and compiles features.
   *
   * @param payload - a feature, a list of features, or the body of a poll with exactly one environment: JSON, or what `JSON.parse` returns
   * @throws a TypeError if the payload cannot be read as a whole, or an error if the engine cannot be loaded or fails
   *
   * @example
   * ```ts
   * const response = await fetch("https://edge.example/features?apiKey=environment/key*");
   * using ruleset = await Ruleset.compile(await response.text());
   * for (const { feature, text } of ruleset.diagnostics) console.log(feature, text);
   * ```
   */
  static async compile<F extends object = AnyFlags>(
    payload: string | Uint8Array | object,
    options: RulesetOptions = {},
  ): Promise<Ruleset<F>> {
    const { compilePayload } = await import("./payload.ts");
    const { readFile } = new ClientPlatform({});
    return new Ruleset<F>(await compilePayload(payload, options, readFile));
  }

  /** Number of features. */
  get size(): number {
    return this.#payload.repository.live.rules.size;
  }

  /** Returns a context with these attributes. */
  context(attributes: ContextAttributes): RulesetContext<F> {
    return new RulesetContext(this.#payload, attributesIn(attributes));
  }

  /** Frees the memory of the engine. Later evaluations of features with strategies have the reason `ERROR`. */
  [Symbol.dispose](): void {
    this.#payload.free();
  }
}
