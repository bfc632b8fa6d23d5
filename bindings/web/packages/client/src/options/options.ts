import type { EngineSource } from "../engine/load.ts";
import type { Profile } from "../engine/module.ts";
import type {
  AttributeValue,
  Interceptor,
  LockPolicy,
  Notice,
  Observer,
  ReadinessChange,
  SessionStatus,
  UsageOptions,
} from "../repository/lib.ts";
import type { DelayOptions } from "../session/config.ts";
import type { StateStorage } from "../storage/stored_state.ts";

/**
 * The attributes of a context: names, each with one value or several. `undefined`, `null`, NaN, infinities and empty lists are missing. A `Date`
 * is the text that its `toISOString` returns.
 *
 * @example
 * ```ts
 * const mara: ContextAttributes = { userkey: "mara", country: "new_zealand", plan: ["gold", "beta"], age: 41 };
 * ```
 */
export interface ContextAttributes {
  /** The key of the user, by which percentages and conditions know the user. */
  readonly userkey?: string | undefined;
  /** The id of the session, by which percentages know a visitor without a user key. */
  readonly session?: string | undefined;
  readonly [name: string]: AttributeValue;
}

/**
 * Delays before retries, in seconds: the first one, the longest one, and the share of each that is random, from 0 to 1.
 *
 * @example
 * ```ts
 * const backoff: BackoffOptions = { initial: 0.5, cap: 60, jitter: 0.5 };
 * const patient = new Client("https://edge.example", "environment/key", { backoff });
 * ```
 */
export interface BackoffOptions {
  /** The seconds before the first retry; 1 by default, and 60 after a refusal. */
  readonly initial?: number;
  /** The longest delay in seconds; 30 by default, and 600 after a refusal. */
  readonly cap?: number;
  /** The share of a delay that is random, from 0 to 1; 0.5 by default. */
  readonly jitter?: number;
}

/**
 * Time limits of requests in seconds, and the maximum size of a response in bytes.
 *
 * @example
 * ```ts
 * const limits: LimitOptions = { head: 5, bytes: 1024 * 1024 };
 * const strict = new Client("https://edge.example", "environment/key", { limits });
 * ```
 */
export interface LimitOptions {
  /** The longest time from a request to the complete head of its response, in seconds; 12 by default. */
  readonly head?: number;
  /**
   * The longest time from a poll to its complete response, in seconds; 12 by default. Also the longest time for which a program waits for the
   * values of a changed context.
   */
  readonly poll?: number;
  /** The longest time without a line on a stream, in seconds; 90 by default. */
  readonly idle?: number;
  /**
   * The longest time without progress on a stream before its first features, in seconds; 15 by default. After the second stream in a row
   * that exceeds it, the client polls instead.
   */
  readonly heldBack?: number;
  /** The maximum size of the response of a poll, or of a line or an event of a stream, in bytes; 16 MiB by default. */
  readonly bytes?: number;
}

/**
 * An interceptor, and its policy for locked features, by default `respect`.
 *
 * @example
 * ```ts
 * const allOn: Interceptor = { name: "all-on", intercept: ({ feature }) => feature?.kind === "BOOLEAN" || undefined };
 * const option: InterceptorOption = { interceptor: allOn, locks: "override" };
 * const open = new Client("https://edge.example", "environment/key", { interceptors: [option] });
 * ```
 */
export interface InterceptorOption {
  /** The interceptor. */
  readonly interceptor: Interceptor;
  /** The policy for locked features; `respect` by default. */
  readonly locks?: LockPolicy;
}

/**
 * An observer, and the settings that select its events.
 *
 * @example
 * ```ts
 * const observer: Observer = { observe: (event) => console.log(eventName(event)) };
 * const option: ObserverOption = { observer, options: { oneOf: 100 } };
 * const observed = new Client("https://edge.example", "environment/key", { observers: [option] });
 * ```
 */
export interface ObserverOption {
  /** The observer. */
  readonly observer: Observer;
  /** The settings that select the events; by default all events. */
  readonly options?: UsageOptions;
}

/**
 * The settings of a client. Durations are seconds.
 *
 * @example
 * ```ts
 * const options: ClientOptions = { mode: "polling", interval: 30, context: { userkey: "mara" }, keepAlive: false };
 * ```
 */
export interface ClientOptions extends DelayOptions {
  /**
   * The way in which the client fetches features; by default `streaming` with one key, and `polling` with several keys, which cannot be
   * streamed.
   *
   * - `streaming`: receives features and their changes by a stream.
   * - `polling`: polls at the start, and again after each {@link ClientOptions.interval}.
   * - `passive`: polls at the start, and again at the first read of a feature after the interval.
   * - `once`: polls once.
   * - `offline`: sends no requests.
   */
  readonly mode?: "streaming" | "polling" | "passive" | "once" | "offline";
  /** The seconds between polls in the modes `polling` and `passive`; 180 by default. 0 polls once. The Edge may change the interval. */
  readonly interval?: number;
  /** The first context for which the Edge evaluates a server-evaluated key. Has no effect with a client-evaluated key. */
  readonly context?: ContextAttributes;
  /** Headers to add to each request, for example for a proxy. In browsers each of them costs a preflight. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The value of the header `x-sdk`. By default Node sends `JavaScript,VERSION`, and browsers send no such header. */
  readonly identification?: string;
  /** The part of a stream's request that carries the context of a server-evaluated key; `header` by default. */
  readonly contextPlacement?: "header" | "query";
  /**
   * The values to serve while the Edge evaluates a changed context; `hide` by default, which serves none. `keep` serves those of the
   * previous context, which suits only programs with a single user.
   */
  readonly whileSwitching?: "hide" | "keep";
  /** The delays before retries after temporary failures; by default from 1 to 30 seconds, half of it random. */
  readonly backoff?: BackoffOptions;
  /** The delays before retries after the Edge has refused the client; by default from 60 to 600 seconds, half of it random. */
  readonly backoffWhenRefused?: BackoffOptions;
  /** The shortest and the longest delay before a reconnect after a stream that had sent features, in seconds; 0.1 and 1 by default. */
  readonly returnWithin?: readonly [shortest: number, longest: number];
  /** The time limits and the size limit of requests; {@link LimitOptions} has the defaults. */
  readonly limits?: LimitOptions;
  /** Interceptors, in the order in which they are called. */
  readonly interceptors?: readonly InterceptorOption[];
  /** Observers of the use of features. */
  readonly observers?: readonly ObserverOption[];
  /**
   * The document of `Context.dehydrate`, which a server has put into the page. Until the first list of features, reads for the context of
   * the document return its values, from the constructor on.
   */
  readonly hydrate?: string;
  /**
   * The place in which the client keeps its last features, which it serves at the next start until the Edge answers; `localStorage` by
   * default, where there is one. With null, nothing is kept or read. The entries hold features and digests, but no key and no attribute.
   */
  readonly storage?: StateStorage | null;
  /** The maximum age of stored features in seconds; without it, features of any age are served. */
  readonly storageMaxAge?: number;
  /**
   * `session` to keep `Client.overrides` in the tab's `sessionStorage`, so that testers keep them when they reload the page. The client
   * connects once they are loaded.
   */
  readonly overrides?: "session";
  /**
   * True to let links override features, such as `?fh-override=COLOUR:blue&fh-override=NEW_CHECKOUT:true`, which needs `overrides: "session"`.
   * False by default. `?fh-override=COLOUR` ends an override. Locked features keep their values. **Anybody can send such a link to a user.**
   */
  readonly overrideLink?: boolean;
  /**
   * False to give each tab a stream of its own; true by default. With true, the tabs of a browser with equal URL, key, context and headers
   * share one stream, where Web Locks and BroadcastChannel exist (not on plain http), unless the option `fetch` is given.
   */
  readonly shareAcrossTabs?: boolean;
  /** True to hold back updates after the first list of features, until the program releases them; false by default. */
  readonly catchUpdates?: boolean;
  /** Maximum number of events that wait for listeners; 1,024 by default. */
  readonly eventQueue?: number;
  /** Returns the milliseconds since 1970, for rules on `now` and for usage; by default `Date.now`, which also replaces a clock that fails. */
  readonly clock?: () => number;
  /**
   * The function that sends requests; by default the global `fetch`. In Node, its modules `http` and `https` send them in place of Node's own
   * `fetch`. With `{ fetch }`, Node's own is used, too, for example because a proxy is set for it.
   */
  readonly fetch?: typeof fetch;
  /** False to let a program in Node end while the client is open; true by default. */
  readonly keepAlive?: boolean;
  /** `pause` to suspend the client 30 seconds after its page was hidden; `continue` by default. */
  readonly whenHidden?: "continue" | "pause";
  /**
   * The set of rules by which the client evaluates the features of a client-evaluated key: `client`, which is the default, or `edge`, that of
   * FeatureHub's Edge, for which the full engine is loaded.
   */
  readonly profile?: Profile;
  /** The evaluation engine for client-evaluated keys, in place of the file that is beside the package's JavaScript. */
  readonly engine?: EngineSource;
  /** The engine for rules with regular expressions and for the profile `edge`, in place of the file that is beside the package's JavaScript. */
  readonly fullEngine?: EngineSource;
  /** The digest that the file of `engine` must have, as in the attribute `integrity` of a script. Checked if the file is requested by its URL. */
  readonly integrity?: string;
  /** The digest that the file of `fullEngine` must have; see {@link ClientOptions.integrity}. */
  readonly fullIntegrity?: string;
  /**
   * A listener for notices. Without it, the client writes one warning to the console for each kind of notice other than `ignored`, which is
   * no trouble.
   */
  readonly onNotice?: (notice: Notice) => unknown;
  /** A listener for readiness, which also gets the first readiness. */
  readonly onReadiness?: (change: ReadinessChange) => unknown;
  /** A listener for the status, which also gets the first status. */
  readonly onStatus?: (status: SessionStatus) => unknown;
}
