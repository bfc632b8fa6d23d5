import type { Attributes } from "./attributes.ts";
import type { WasmEngine } from "./engine/engine.ts";
import type { EngineSource } from "./engine/load.ts";
import type { Ruleset } from "./repository/engine.ts";

/** Compiles features. The result is a promise if the engine, or the full engine, must be loaded first. */
export type Compile = (features: readonly string[]) => Ruleset | Promise<Ruleset>;

/** The error that the engine cannot be loaded. The driver tries again later. */
export class EngineUnavailable extends Error {
  override readonly name = "EngineUnavailable";
}

/** Settings of the engine that evaluates the rules of a client-evaluated key. */
export interface EngineSettings {
  /** The lean engine's module, in place of the one that is beside the package's JavaScript. */
  readonly engine?: EngineSource | undefined;
  /** The full engine's module, which is loaded if a rule has a regular expression. */
  readonly fullEngine?: EngineSource | undefined;
  /** The digest that the lean engine's module must have, as in the attribute `integrity` of a script. Checked for a URL only. */
  readonly integrity?: string | undefined;
  /** Reads a `file:` URL, which `fetch` cannot do; `undefined` if the platform has no files. */
  readonly readFile?: ((url: URL) => Promise<BufferSource>) | undefined;
}

/** The engine of one client, which is loaded when it is first needed. */
export class EngineAccess {
  readonly #settings: EngineSettings;
  #engine: WasmEngine | undefined;
  #loading: Promise<WasmEngine> | undefined;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
  }

  /** Begins to load the engine, so that it is there when features arrive. A failure shows when features are compiled. */
  preload(): void {
    this.#load().catch(() => undefined);
  }

  /** {@inheritDoc Compile} */
  readonly compile: Compile = (features) =>
    this.#engine
      ? this.#engine.compileWithEitherEngine(features)
      : this.#load().then((engine) => engine.compileWithEitherEngine(features));

  /**
   * Returns the engine's report about the evaluation of a feature. Loads the full engine before.
   *
   * @throws {@link EngineUnavailable} if the engine cannot be loaded
   */
  async explain(json: string, attributes: Attributes | undefined, now: number): Promise<unknown> {
    const { explainFeature } = await import("./engine/explain.ts");
    return JSON.parse(await explainFeature(this.#settings, json, attributes, now));
  }

  #load(): Promise<WasmEngine> {
    this.#loading ??= this.#loaded();
    return this.#loading;
  }

  async #loaded(): Promise<WasmEngine> {
    try {
      const { startEngine } = await import("./engine/start.ts");
      return (this.#engine = await startEngine(this.#settings));
    } catch (error) {
      this.#loading = undefined;
      throw unavailable(error);
    }
  }
}

/** Returns the error with a text that says what to do if a content security policy forbids WebAssembly. */
export function unavailable(error: unknown): EngineUnavailable {
  const text = error instanceof Error ? error.message : String(error);
  const advice = /content security policy|unsafe-eval/i.test(text)
    ? ": allow 'wasm-unsafe-eval' in script-src, or use a server-evaluated key, which needs no engine"
    : "";
  return new EngineUnavailable(text + advice, { cause: error });
}
