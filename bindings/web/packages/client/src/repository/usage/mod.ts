import type { Attributes } from "../../attributes.ts";
import type { Answer } from "../answer.ts";
import type { Rules } from "../rules.ts";
import type { Millis } from "../time.ts";
import type { Params, UsageEvent, UsedFeature } from "./event.ts";

/**
 * Code that is notified of uses of features, such as an exporter, statistics or tracing.
 *
 * A read of a feature by the user's code is one event. The following reads are no events: reads of features that do not exist, and
 * reads for which the client has no features; `exists`, `isSet` and `peek`, and the other reads of a snapshot whose documentation
 * says that they do not count as uses; comparisons by the library, such as those for change listeners; reads by an observer.
 *
 * What an observer throws is caught and counted, and so is the reason for which a promise that it returns is rejected.
 *
 * @example
 * ```ts
 * let reads = 0;
 * const counter: Observer = { observe: (event) => void (event.kind === "evaluated" && reads++) };
 * ```
 */
export interface Observer {
  /** When the observer is called; `queued` by default. Read once, at registration. */
  readonly dispatch?: Dispatch;
  /** Called for each event that {@link UsageOptions} selects and that no full queue has dropped. */
  observe?(event: UsageEvent): unknown;
  /** Called with the events that wait for an observer with `batched`, the oldest first. There is at least one event. */
  observeBatch?(events: readonly UsageEvent[]): unknown;
  /**
   * Called with the numbers of evaluations in the window that has just ended. A flush, the removal of the observer, and the close
   * of the repository end the window early. Not called if the window has no evaluations.
   */
  summary?(summary: UsageSummary): unknown;
  /** Sends the data that the observer has not sent yet, within a limit in seconds. Also called before {@link Observer.close}. */
  flush?(limit: number): unknown;
  /**
   * Called once, after the last queued event, when the observer was removed, or by the first delivery after the repository was
   * closed, or at once if it is registered after that delivery.
   */
  close?(): unknown;
}

/**
 * The way in which an observer is called.
 *
 * - `queued`: the dispatcher calls the observer later. Reads never wait for the observer.
 * - `batched`: as `queued`, but with all events that wait in one call of `observeBatch`.
 * - `inline`: the observer is called within the read.
 * - a window: the dispatcher calls `summary` at the end of each window that has evaluations, and the observer gets no other
 *   events. This suits programs that read features too often to report each read.
 */
export type Dispatch = "queued" | "batched" | "inline" | SummaryWindow;

/**
 * The settings of an observer that gets summaries.
 *
 * @example
 * ```ts
 * const observer: Observer = {
 *   dispatch: { every: 300 },
 *   summary: ({ counts }) => console.log(counts),
 * };
 * ```
 */
export interface SummaryWindow {
  /** The length of a window in seconds, by default 60. */
  readonly every?: number;
  /**
   * Maximum number of different combinations of feature, value, strategy and interceptor that are counted in one window, by default
   * 10,000. Evaluations of further combinations are only counted together.
   */
  readonly distinct?: number;
}

/**
 * The settings that select the events that an observer gets.
 *
 * @example
 * ```ts
 * const options: UsageOptions = { oneOf: 10, deduplicate: { window: 60, remembered: 1000 } };
 * client.observe({ observe: (event) => console.log(event) }, options);
 * ```
 */
export interface UsageOptions {
  /**
   * Maximum number of events that wait for an observer. When the limit is reached, the oldest event is dropped and counted. The
   * default is 1,024; a limit of 0 counts as 1.
   */
  readonly queue?: number;
  /**
   * One of every `oneOf` evaluations is passed on to the observer, or counted for its summary, beginning with the first. Repeated
   * evaluations are left out before. Collections and named events are not sampled. The default is 1.
   */
  readonly oneOf?: number;
  /** The settings for leaving out repeated evaluations. By default, repeated evaluations are passed on. */
  readonly deduplicate?: Deduplicate;
}

/**
 * Settings for the removal of repeated evaluations. Two evaluations are equal if the feature's key, the value, the id of the
 * strategy, the interceptor and the user are equal. The user is identified by the user key, otherwise by the session, otherwise by
 * all attributes of the context.
 */
export interface Deduplicate {
  /** The seconds for which equal evaluations are left out, from an evaluation that is not left out as a repetition. */
  readonly window: number;
  /**
   * Maximum number of evaluations that are remembered, rounded up to an even number above 0. Older evaluations are forgotten in
   * time, so that the limit holds, and their repetitions are passed on.
   */
  readonly remembered: number;
}

/**
 * The receiver of uses of features, through which a repository reaches its observers. The code for observers is loaded only when a program
 * registers an observer.
 */
export interface UsageSink {
  /** Number of observers. */
  readonly size: number;
  /** Reports a read of the user's code to the observers. */
  evaluated(rules: Rules, key: string, answer: Answer, attributes: Attributes | undefined): void;
  /** Reports the values of all features of a client that is ready for the first time to the observers. */
  collection(features: () => readonly UsedFeature[]): void;
  /** Reports a named event of the user's code to the observers. */
  named(
    name: string,
    params: Params,
    attributes: Attributes | undefined,
    features: () => readonly UsedFeature[],
  ): void;
  /** Delivers the queued events. Returns true if an event was delivered. */
  deliver(): boolean;
  /**
   * Delivers the summaries whose window has ended. Returns the earliest end of a current window, on the clock of `now`, which may differ from
   * the clock of events; `undefined` if no observer gets summaries. Call this function after `deliver`.
   */
  summaries(now: Millis): Millis | undefined;
  /** Delivers to each observer its remaining events and the counts of its current window, and calls its `flush` with a limit in seconds. */
  flush(limit: number): void;
  /** Delivers the queued events and the last summaries, and closes the observers. */
  close(): void;
}

/** The numbers of evaluations within one window. Times are in milliseconds since 1970. */
export interface UsageSummary {
  /** The start of the window. */
  readonly from: number;
  /** The end of the window. */
  readonly until: number;
  /**
   * The counts, sorted by feature key. A feature has several counts if it had several values, strategies or interceptors.
   */
  readonly counts: readonly UsageCount[];
  /** Number of evaluations of combinations beyond the limit of the window. */
  readonly uncounted: number;
}

/** The number of evaluations of one feature to one value by the same strategy and interceptor. */
export interface UsageCount {
  /** The feature, its value and the strategy. The version is the highest version that was evaluated. */
  readonly feature: UsedFeature;
  /** The number of evaluations of the feature to this value within the window. */
  readonly count: number;
}
