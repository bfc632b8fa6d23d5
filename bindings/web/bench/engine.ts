import type { User } from "./workload.ts";

/** The values that the source of a read uses, by their names. */
export type Names = Readonly<Record<string, unknown>>;

/** An engine with the payload. */
export interface Running {
  /** Returns the names of the sources for a user: `client`, `ctx`, `user`, and further ones of the engine. */
  context(user: User): Names | Promise<Names>;
  close(): unknown;
}

/** An engine that is measured: `fh-client`, or a published SDK without a network. */
export interface Engine {
  readonly name: string;
  /** The file with the payload. */
  readonly payload: string;
  /** The source of an expression that reads the flag `key`. It may use the names of a context. */
  readonly read: string;
  /** The source of an expression that builds a context of `user` and reads the flag `key`; `undefined` if each context needs a request. */
  readonly built?: string;
  /** The source of an expression that reads all flags at once; without it, the flags are read in a loop. */
  readonly all?: string;
  /** True if reads return promises. */
  readonly isAsync?: boolean;
  /** True if rollouts use FeatureHub's hash, so that all answers can be compared. */
  readonly hasFeatureHubHash?: boolean;
  /** True if loading the payload is measured, too: it begins with the JSON, and waits for nothing else. */
  readonly isLoadMeasured?: boolean;
  /** Starts the engine with the payload. */
  start(payload: string): Promise<Running>;
}
