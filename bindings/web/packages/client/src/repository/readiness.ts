/**
 * The readiness of a client, which shows if the client has features to evaluate (sdk-behaviour 2.3).
 *
 * - `NOT_READY`: the client has no features yet, or none for its current API keys or for the current context of a
 *   server-evaluated key.
 * - `READY`: the client has a list of features, which may be empty. They are the last known features and may be old; see the
 *   status.
 * - `FAILED`: the Edge refuses this client, or has sent no environment for its keys (D-21, D-68). Reads still return the last
 *   known values.
 * - `CLOSED`: the client is closed. Reads still return the last known values.
 */
export type Readiness = "NOT_READY" | "READY" | "FAILED" | "CLOSED";
