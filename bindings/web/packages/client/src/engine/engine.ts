import { compiled } from "./compiled_rules.ts";
import type { Engine } from "../repository/engine.ts";
import type { Rules } from "../repository/lib.ts";
import { utf8 } from "../text/text.ts";
import { Batch, LAZY_BITS, WHOLE_BITS } from "./batch.ts";
import { CompiledFeatures } from "./compiled_features.ts";
import { guarded } from "./guard.ts";
import { Instance } from "./instance.ts";
import { type EngineModule, type Profile, PROFILE_NUMBERS } from "./module.ts";
import { reusable } from "./reuse.ts";
import { type FailureHandler, WasmRuleset } from "./ruleset.ts";

/** The length of texts that cross into the engine together, whose memory never shrinks. */
const CROSSING = 65_536;

/** The error for features that the lean engine does not evaluate: a rule has a regular expression, or the profile is `edge`. */
export class NeedsFullEngine extends Error {
  override readonly name = "NeedsFullEngine";
}

/** Options of {@link WasmEngine}. */
export interface EngineOptions {
  /**
   * Called when the engine failed on a feature, or while it compiled features. The instance has been replaced by then. `isRead` is true in an
   * evaluation.
   */
  readonly onFailure?: (error: unknown, isRead: boolean) => void;
  /** Loads the full engine. Called at most once at a time, when the lean engine refuses features. */
  readonly loadFull?: () => Promise<EngineModule>;
  /** The set of evaluation rules; `client` if there is none. */
  readonly profile?: Profile | undefined;
  /** True to compile features in pieces, each when one of its features is first read. False, the default, compiles all at once. */
  readonly isLazy?: boolean;
}

/** The engine of one client: `fh-eval` as a WebAssembly module, for one profile. */
export class WasmEngine implements Engine {
  #instance: Instance;
  readonly #options: EngineOptions;
  #isFull = false;
  /** The last ruleset of the present instance, whose features the next one shares. */
  #last: WasmRuleset | undefined;
  /** The errors of the features on which the engine failed, by the JSON. A feature is evaluated again once its JSON has changed. */
  #failing = new Map<string, Error>();
  readonly #handler: FailureHandler;

  /** @param module - the functions of the lean or the full engine, which must be initialised */
  constructor(module: EngineModule, options: EngineOptions = {}) {
    this.#instance = Instance.of(module);
    this.#options = options;
    this.#handler = {
      failed: (json, error) => {
        const { key } = JSON.parse(json) as { key: string };
        const text = error instanceof Error ? error.message : String(error);
        const failure = new Error(`feature ${key}: ${text}`, { cause: error });
        this.#failing.set(json, failure);
        options.onFailure?.(failure, true);
      },
    };
  }

  /**
   * Compiles features into a ruleset, as {@link Engine.compile} says. Features that the last ruleset has are not compiled again.
   *
   * @throws {@link NeedsFullEngine} if the module is lean, and a rule or the profile needs the full one
   */
  compile(texts: readonly string[]): WasmRuleset {
    let places = reusable(texts, this.#last);
    const changed = texts.filter((_, position) => !places.has(position));
    if (changed.length > 0) places = places.withBatch(this.#batchOf(changed));
    const ruleset = new WasmRuleset(texts, places, this.#handler);
    this.#excludeFailing(ruleset);
    evictReplaced(this.#last, ruleset);
    this.#last = ruleset;
    return ruleset;
  }

  /** The error of the first feature on which the engine failed; `undefined` if the last ruleset has no such feature. */
  get failure(): Error | undefined {
    return this.#failing.values().next().value;
  }

  /** Returns a batch of features. Compiles its first piece, and each piece that the lean engine may refuse. */
  #batchOf(texts: readonly string[]): Batch {
    const instance = this.#instance;
    const { module } = instance;
    const bits = this.#options.isLazy === true ? LAZY_BITS : WHOLE_BITS;
    const batch = new Batch(instance, texts.length, bits, (from) => {
      const piece = texts.slice(from, from + 2 ** bits);
      return new CompiledFeatures(instance, () => this.#compileTogether(module, piece));
    });
    const isLean = !("explain" in module);
    if (isLean && texts.some(hasPattern)) throw new NeedsFullEngine();
    try {
      guarded(instance, () => {
        // `hasPattern` does not find a name with an escaped letter.
        for (const [at, text] of texts.entries())
          if (at === 0 || (isLean && text.includes("\\u"))) batch.piece(at);
      });
    } catch (error) {
      if (!(error instanceof NeedsFullEngine)) this.#options.onFailure?.(error, false);
      throw error;
    }
    return batch;
  }

  /** Compiles features, and returns their handle. */
  #compileTogether(module: EngineModule, texts: readonly string[]): number {
    const profile = PROFILE_NUMBERS[this.#options.profile ?? "client"];
    let from = 0;
    let length = 0;
    // A JSON text never contains U+0000.
    const crossing = (to: number): Uint8Array => utf8(texts.slice(from, to).join("\0"));
    for (const [at, text] of texts.entries()) {
      if (length > CROSSING) {
        module.add(crossing(at), profile);
        from = at;
        length = 0;
      }
      length += text.length;
    }
    const handle = module.compile(crossing(texts.length), profile);
    if (module.missing(handle) === 0) return handle;
    module.free_ruleset(handle);
    throw new NeedsFullEngine();
  }

  /** Excludes the features on which the engine failed, and forgets those that are not in the ruleset. */
  #excludeFailing(ruleset: WasmRuleset): void {
    if (this.#failing.size === 0) return;
    const failing = new Map<string, Error>();
    for (const [position, text] of ruleset.texts.entries()) {
      const failure = this.#failing.get(text);
      if (failure === undefined) continue;
      failing.set(text, failure);
      ruleset.exclude(position);
    }
    this.#failing = failing;
  }

  /** Compiles the features of rules, and gives them the ruleset, as {@link WasmEngine.compileWithEitherEngine} does. */
  async compileRules(rules: Rules): Promise<void> {
    const texts = Array.from(rules.features(), ({ json }) => json);
    compiled(rules, await this.compileWithEitherEngine(texts));
  }

  /**
   * Compiles features, and first loads the full engine if the lean one refuses them. The full engine then compiles all features that
   * follow. Rulesets of the lean engine stay as they are.
   *
   * @throws an error if the full engine cannot be loaded, or if the engine itself fails
   */
  async compileWithEitherEngine(features: readonly string[]): Promise<WasmRuleset> {
    try {
      return this.compile(features);
    } catch (error) {
      const { loadFull } = this.#options;
      if (!(error instanceof NeedsFullEngine) || this.#isFull || loadFull === undefined) throw error;
      this.#instance = Instance.of(await loadFull());
      this.#isFull = true;
      this.#last = undefined;
      return this.compile(features);
    }
  }
}

/** Returns true if JSON has the name of the condition of patterns, which the lean engine refuses. */
export function hasPattern(json: string): boolean {
  return json.includes('"REGEX"');
}

/**
 * Evicts the features of a ruleset that the next one no longer has. Otherwise they would stay in the engine's memory, which never shrinks, until
 * a collection of garbage. A snapshot that is still read compiles them again.
 */
function evictReplaced(replaced: WasmRuleset | undefined, next: WasmRuleset): void {
  if (replaced === undefined) return;
  const used = next.places.batches;
  for (const batch of replaced.places.batches) if (!used.includes(batch)) batch.evict();
}
