import type { EdgeUrl } from "./edge_url.ts";
import type { ApiKeys } from "./key.ts";

/**
 * The way in which a client fetches features from the Edge.
 *
 * - `streaming`: by a stream. After the end of a stream the client opens another one, unless the Edge wants no more requests. While the
 *   Edge cannot stream, the client polls instead. A session with several API keys never streams, because an Edge has one stream per key:
 *   in this mode it polls every 180 seconds, or at the interval that the Edge requests.
 * - `polling`: polls at the start, and then in intervals, which the Edge may change.
 * - `passive`: polls at the start, and again when a feature is read after the interval has passed.
 * - `once`: polls once. Commands may cause further polls, and a failed poll is retried while the client has no features.
 * - `offline`: sends no requests.
 */
export type Mode =
  | { readonly kind: "streaming" | "once" | "offline" }
  | { readonly kind: "polling" | "passive"; readonly interval: number };

/** The default interval between polls in milliseconds: 180 seconds. */
export const DEFAULT_INTERVAL = 180_000;
/** The interval between polls in milliseconds while streams are held back, unless the Edge requests another interval. */
export const HELD_BACK_INTERVAL = 30_000;

/**
 * Delays before retries, in milliseconds. A delay is a random time in `[d × (1 − jitter), d]`, but at least 100 ms, or the initial
 * delay if that is shorter. The value `d` is the initial delay at first. It doubles with each further delay, at most 31 times and at most
 * to the cap, until the delays begin anew. While a client polls in intervals, `d` of {@link Config.backoff} is also at most the interval,
 * or the initial delay if that is longer.
 */
export interface Backoff {
  /** The first value of `d`, unless the cap is lower. */
  readonly initial: number;
  /** The maximum of `d`. A retry may follow later, for example because the Edge requests a longer delay. */
  readonly cap: number;
  /**
   * The share of `d` that is random, from 0 (no randomness) to 1. A finite value outside counts as the nearest bound. NaN and infinite
   * values count as 0.5.
   */
  readonly jitter: number;
}

/** Time limits in milliseconds and a size limit. A request that exceeds a limit fails. */
export interface Limits {
  /** Maximum time to open a connection. The transport enforces this limit, because a session cannot observe connections. */
  readonly connect: number;
  /** Maximum time from the request to the complete head of the response. */
  readonly head: number;
  /**
   * Maximum time from the request of a poll to its complete response. Also the maximum time for which a caller that sets a context waits
   * for the outcome. If the context is set before the start, this time begins at the start.
   */
  readonly poll: number;
  /**
   * Maximum time without a complete line on a stream, or without a byte while a line or an event is unfinished. Also the maximum time
   * until the first list arrives on a stream, and that of an unfinished line or event. The latter two are longer if at least 1,024 bytes
   * per second arrive.
   */
  readonly idle: number;
  /**
   * Time after which a stream that has not sent its first list counts as held back: this time has passed without a complete event
   * or comment, and fewer than 1,024 bytes per second arrived in it.
   */
  readonly heldBack: number;
  /**
   * Maximum size in bytes of a body, or of a line or an event of a stream, after decompression. The name and the id of an event may have
   * at most 64 KiB. A response that exceeds a size is aborted.
   */
  readonly bytes: number;
}

/**
 * Minimum rate in bytes per second at which a line or an event, or the first list of a stream, may exceed the idle limit, and at which a
 * stream does not count as held back.
 */
export const SLOWEST = 1024;

/**
 * Delays of a client, in seconds. The settings of its session have them under the same names, in whole milliseconds.
 *
 * @example
 * ```ts
 * const delays: DelayOptions = { healthyAfter: 30, pace: 0.5 };
 * ```
 */
export interface DelayOptions {
  /** The seconds after which a stream counts as healthy, so that the delays of the back-off begin anew after it; 10 by default. */
  readonly healthyAfter?: number;
  /** The seconds for which the client polls after the Edge could not stream, or its streams were held back; 600 by default. */
  readonly streamAgainAfter?: number;
  /** The seconds within which the client sends at most two requests, while further ones wait; 1 by default. */
  readonly pace?: number;
}

/** The settings of a session. Durations are whole milliseconds. Only the API keys can be changed after the session is created. */
export interface Config extends Required<DelayOptions> {
  /** The base URL of the Edge. */
  readonly edge: EdgeUrl;
  /** The API keys, which are all client-evaluated or all server-evaluated. */
  readonly keys: ApiKeys;
  /** The way in which the client fetches features. */
  readonly mode: Mode;
  /** The part of a stream's request that carries the context of a server-evaluated key. */
  readonly contextPlacement: "header" | "query";
  /**
   * The values that are served while an Edge evaluates a changed context. `hide`: the client is not ready until the new
   * values have arrived. `keep`: the values of the previous context are served for the new one until then, which suits only
   * programs that serve a single user.
   */
  readonly whileSwitching: "hide" | "keep";
  /** Names and values of additional headers of each request. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The value of the `x-sdk` header; `undefined` for no such header. Clients in browsers must not send it. */
  readonly identification: string | undefined;
  /** The delays before retries after failures that are probably temporary. */
  readonly backoff: Backoff;
  /**
   * The shortest and the longest random delay before a reconnect after a stream that had sent features was closed or broke. The range
   * applies after a `bye` event; otherwise at most once after the start and after each successful poll, `bye` event, healthy stream or
   * change of keys, and only before the first delay of `backoff`. A stream may request a longer delay with `retry:`.
   */
  readonly returnWithin: readonly [shortest: number, longest: number];
  /** The delays before retries after the Edge has refused the client. */
  readonly refused: Backoff;
  /** The time limits and the size limit of requests. */
  readonly limits: Limits;
}

/** Returns the default settings: streaming if there is one key, polling if there are several keys. */
export function defaultConfig(edge: EdgeUrl, keys: ApiKeys): Config {
  return {
    edge,
    keys,
    mode: keys.areSeveral ? { kind: "polling", interval: DEFAULT_INTERVAL } : { kind: "streaming" },
    contextPlacement: "header",
    whileSwitching: "hide",
    headers: [],
    identification: undefined,
    backoff: { initial: 1_000, cap: 30_000, jitter: 0.5 },
    returnWithin: [100, 1_000],
    refused: { initial: 60_000, cap: 600_000, jitter: 0.5 },
    healthyAfter: 10_000,
    streamAgainAfter: 600_000,
    pace: 1_000,
    limits: {
      connect: 5_000,
      head: 12_000,
      poll: 12_000,
      idle: 90_000,
      heldBack: 15_000,
      bytes: 16 * 1024 * 1024,
    },
  };
}
