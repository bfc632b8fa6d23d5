import type { EngineSource } from "./load.ts";
import type { Profile } from "./module.ts";
import type { ModuleBytes } from "../platform/browser_types.ts";
import type { Problem, Rules } from "../repository/lib.ts";

/** Settings of the engine that evaluates the rules of a client-evaluated key. */
export interface EngineSettings {
  /** The lean engine's module, in place of the one that is beside the package's JavaScript. */
  readonly engine?: EngineSource | undefined;
  /** The full engine's module, which is loaded if a rule has a regular expression, and for the profile `edge`. */
  readonly fullEngine?: EngineSource | undefined;
  /** The digest that the lean engine's module must have, as in the attribute `integrity` of a script. Checked for a URL only. */
  readonly integrity?: string | undefined;
  /** The digest that the full engine's module must have. */
  readonly fullIntegrity?: string | undefined;
  /** The set of evaluation rules; `client` if there is none. */
  readonly profile?: Profile | undefined;
  /** Reads a `file:` URL, which `fetch` cannot do; `undefined` if the platform has no files. */
  readonly readFile?: ((url: URL) => Promise<ModuleBytes>) | undefined;
}

/** The client for which an engine is started. */
export interface EngineUser {
  readonly settings: EngineSettings;
  /** The features that wait for the engine. */
  readonly rules: Rules | undefined;
  /** Called in an evaluation on which the engine fails. */
  onReadFailure?: (problem: Problem) => void;
}

/** The error that the engine cannot be loaded, which is tried again later. */
export class EngineUnavailable extends Error {
  override readonly name = "EngineUnavailable";
}

/** Returns the problem that the engine failed, or cannot be loaded. */
export function problemOf(error: unknown): Problem {
  return { code: "engine", text: textOf(error) };
}

/** Returns the text of what was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
