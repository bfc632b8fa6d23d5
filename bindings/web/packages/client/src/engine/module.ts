/** The number of `evaluate` for a ruleset, a feature or a context that does not exist. */
export const NO_RESULT = 0xffffffff;

/** The number of a profile that the module takes. */
export const PROFILE_NUMBERS = { client: 0, edge: 1 } as const;

/** The rules of evaluation: `client` are those of the published SDKs, `edge` those of a FeatureHub server. */
export type Profile = keyof typeof PROFILE_NUMBERS;

/**
 * The functions of an engine's JavaScript. The crate `fh-web-engine` documents each of them. Handles are numbers from 1 on. Several
 * texts are one text (see `texts.ts`).
 */
export interface EngineModule {
  /** Makes the instance of the module unless there is one. Returns its exports. */
  readonly initSync: (options: { module?: WebAssembly.Module }) => {
    readonly memory: { readonly buffer: ArrayBuffer };
  };
  /** Replaces the instance by a fresh one, which has neither rulesets nor contexts. */
  readonly __wbg_reset_state: () => void;
  readonly add: (features: Uint8Array, profile: number) => void;
  readonly compile: (features: Uint8Array, profile: number) => number;
  readonly missing: (ruleset: number) => number;
  readonly keys: (ruleset: number) => string;
  readonly results: (ruleset: number) => Uint32Array;
  readonly result_texts: (ruleset: number) => string;
  readonly free_ruleset: (ruleset: number) => void;
  readonly clear_context: (context: number) => number;
  readonly add_attribute: (context: number, name: string, value: string) => void;
  readonly name_attribute: (name: string) => number;
  readonly buffer: () => number;
  readonly free_context: (context: number) => void;
  readonly evaluate: (ruleset: number, feature: number, context: number, now: number) => number;
  readonly evaluate_values: (
    ruleset: number,
    feature: number,
    context: number,
    now: number,
    length: number,
  ) => number;
}

/** The functions of the full engine's JavaScript. */
export interface FullEngineModule extends EngineModule {
  readonly compile_document: (json: string, profile: number, hashIds: string) => number;
  readonly compile_to_explain: (features: Uint8Array, profile: number) => number;
  readonly explain: (ruleset: number, feature: number, context: number, now: number) => string;
  readonly diagnostics: (ruleset: number) => string;
}
