import type { Problem } from "./problem.ts";
import type { Source } from "./source.ts";
import type { Millis } from "./time.ts";

/**
 * The activity of the client's connection to the Edge.
 *
 * - `idle`: the session has not started yet.
 * - `connecting`: a request is in flight or about to be sent, and no stream is open.
 * - `streaming`: a stream is open.
 * - `resting`: the client polls, and waits for the time of the next poll or of the next attempt to stream. In passive mode it
 *   may wait for the next read of a feature.
 * - `waiting`: the last attempt failed, or the Edge ended the stream. The next attempt is at `nextAttempt`.
 * - `paused`: the Edge requested a pause, which ends at `nextAttempt`.
 * - `done`: the client has features in the mode `once`, and sends no more requests unless a caller's command needs one.
 * - `halted`: the Edge wants no more requests. The client sends no requests until a refresh, a new key or a restart.
 * - `suspended`: the client keeps its features, and sends no requests unless a caller's command needs one.
 * - `offline`: the client sends no requests because its mode is offline.
 * - `closed`: the client is closed.
 */
export type Connection =
  | "idle"
  | "connecting"
  | "streaming"
  | "resting"
  | "waiting"
  | "paused"
  | "done"
  | "halted"
  | "suspended"
  | "offline"
  | "closed";

/** The state of a client as one value. Times are those of the session's clock, in milliseconds. */
export interface SessionStatus {
  /** The readiness of the client, which shows if the client has features to evaluate. */
  readonly readiness: Readiness;
  /** The activity of the client's connection to the Edge. */
  readonly connection: Connection;
  /**
   * The last problem; `undefined` before the first problem, and after the Edge has sent or confirmed features without a problem.
   * If the client polls only because the Edge cannot stream, `no_streaming` takes the place of `undefined` then.
   */
  readonly problem: Problem | undefined;
  /** Number of failed attempts and broken streams since the Edge last sent or confirmed features. */
  readonly attempts: number;
  /** Number of requests sent since the start, including those that follow redirects. */
  readonly requests: number;
  /** The time of the next scheduled request; `undefined` if no request is scheduled. */
  readonly nextAttempt: Millis | undefined;
  /**
   * The time when the Edge last sent a list that the client applied, confirmed a list, or changed a feature. Before the first
   * list of the Edge, the time of the first list of a store or a snapshot. `undefined` before the first list.
   */
  readonly updated: Millis | undefined;
  /**
   * The source of the last list that was applied, or of the last change that a stream sent; `undefined` before the first list.
   * The list of a store that changes nothing counts only if no features were served before.
   */
  readonly source: Source | undefined;
  /**
   * True if the Edge has declared this environment stale, by status 236 or by `edge.stale` with the value `true`. The client
   * then sends no request until a refresh or a new key.
   */
  readonly isStale: boolean;
  /**
   * True if the client holds features that it does not serve, because the Edge evaluated them for an earlier context, or because
   * they were received with an API key of the other kind. Reads without a context then have no value.
   */
  readonly isWithheld: boolean;
  /**
   * Number of features refused so far because they belong to an environment to which no key gives access, or to another
   * environment than the list or stream that contains them.
   */
  readonly foreignFeatures: number;
}

/** The status of a client that has not started. */
export const INITIAL_STATUS: SessionStatus = Object.freeze({
  readiness: "NOT_READY",
  connection: "idle",
  problem: undefined,
  attempts: 0,
  requests: 0,
  nextAttempt: undefined,
  updated: undefined,
  source: undefined,
  isStale: false,
  isWithheld: false,
  foreignFeatures: 0,
});

/**
 * The readiness of a client, which shows if the client has features to evaluate.
 *
 * - `NOT_READY`: the client has no features yet, or none for its current API keys or for the current context of a
 *   server-evaluated key.
 * - `READY`: the client has a list of features, which may be empty. They are the last known features and may be old; see the
 *   status.
 * - `FAILED`: the Edge refuses this client, or has sent no environment for its keys. Reads still return the last
 *   known values.
 * - `CLOSED`: the client is closed. Reads still return the last known values.
 */
export type Readiness = "NOT_READY" | "READY" | "FAILED" | "CLOSED";
