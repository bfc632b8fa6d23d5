import type { Attributes } from "../../attributes.ts";
import { isVisibleChange } from "../../visible_change.ts";
import type { Counters } from "../counters.ts";
import type { ClockFn } from "../dispatcher.ts";
import type { Interceptor, LockPolicy } from "../intercept/mod.ts";
import type { Notice } from "../notice.ts";
import type { Publication, RawUpdate } from "../publication.ts";
import type { Readiness } from "../readiness.ts";
import type { Rules } from "../rules.ts";
import type { SessionStatus } from "../status.ts";
import type { Millis } from "../time.ts";
import { Turns } from "../turns.ts";
import type { Params } from "../usage/event.ts";
import type { Observer, UsageOptions } from "../usage/mod.ts";
import * as catching from "./catch.ts";
import { Core, type IsVisibleChange } from "./core.ts";
import { deliver } from "./deliver.ts";
import type { Change, NewState, ReadinessChange, Subscription } from "./listen.ts";
import { RepositorySnapshot } from "./snapshot.ts";
import * as subscribing from "./subscribe.ts";
import { RepositoryWatch, WaitingTasks } from "./watch.ts";

/** The settings of a repository, which are fixed when the repository is created. */
export interface RepositoryOptions {
  /**
   * A function that returns the current time in milliseconds since 1970. The repository calls it when a rule reads `now`, in
   * `RepositorySnapshot.values`, and for the events, summaries and deduplication of usage.
   */
  readonly clock: ClockFn;
  /**
   * Maximum number of readiness, status, new-state, raw and notice events that wait for {@link Repository.deliver}; by default
   * 1,024. When the limit is reached, the oldest event is dropped and counted (D-63). A limit of 0 counts as 1.
   */
  readonly events?: number;
  /** The function that decides if an update changes a feature; by default FeatureHub's rules. */
  readonly isVisibleChange?: IsVisibleChange;
  /** False to evaluate each read anew, which tests compare with kept answers. By default true. */
  readonly keepsAnswers?: boolean;
}

/** The state of writers that is no part of the snapshot. */
class Write {
  /** The last update, whether served or held, without the features of revoked environments; `undefined` before the first. */
  latest: Rules | undefined;
  /** True if the last update differs visibly from the served features. */
  isHolding = false;
  /** True if the client was reported as ready and has not been reported as not ready since. */
  wasReady = false;
  /** True once the repository is closed. No update is published any more. */
  isClosed = false;
  /** True once the closed repository has removed its listeners. Interceptors and observers are then closed at once. */
  isFinished = false;
  readonly waitingTasks = new WaitingTasks();
}

/** The state of a repository. */
export class Inner {
  live: RepositorySnapshot;
  readonly core: Core;
  readonly write = new Write();
  readonly turns = new Turns();
  /** True while updates are held back. */
  isCatching = false;

  constructor(core: Core) {
    this.core = core;
    this.live = RepositorySnapshot.empty(core);
  }

  /** Makes the next delivery compare the features of all change listeners again, and wakes the dispatcher. */
  compareAgain(): void {
    this.core.hasChanged = true;
    this.core.dispatcher.wake();
  }
}

/**
 * The read side of a client: features, listeners, interceptors, observers and readiness. A driver writes, with
 * {@link Repository.publish} and similar methods, and calls {@link Repository.deliver}. Programs read, subscribe and release.
 *
 * The repository fetches nothing, reads no clock but its option's, and sets no timer.
 *
 * @example
 * ```ts
 * const repository = new Repository({ clock: () => 0 });
 * repository.snapshot().isEnabled("A"); // false
 * const features = [{ key: "A", id: "a", version: 1, json: '{"key":"A","type":"BOOLEAN","value":true}' }];
 * const evaluated = { context: new Map(), keptFor: undefined, strategies: new Map() };
 * repository.publish({ rules: Rules.serverEvaluated(features, { kind: "unknown" }, evaluated), cause: "first" });
 * ```
 */
export class Repository {
  readonly #inner: Inner;

  /** Creates an empty repository that is not ready. */
  constructor(options: RepositoryOptions) {
    const { clock, events = 1024, keepsAnswers = true } = options;
    const isVisible = options.isVisibleChange ?? ((older, newer) => isVisibleChange(older.json, newer.json));
    this.#inner = new Inner(new Core(clock, events, isVisible, keepsAnswers));
  }

  // ---- for the driver -----------------------------------------------------------------------------

  /**
   * Serves these features. While catch & release holds updates back, the features are only kept for a release, unless the cause is
   * `first`. Has no effect after {@link Repository.close}. Features that the client evaluates must be compiled.
   */
  publish(publication: Publication): void {
    catching.publish(this.#inner, publication);
  }

  /**
   * Removes the features of the environments with these ids at once, both the served and the held features. The case of letters in
   * ids is ignored. Features of unknown environments stay, and held features of other environments stay held. Has no effect after
   * {@link Repository.close}.
   */
  revoke(environments: readonly string[]): void {
    catching.revoke(this.#inner, environments);
  }

  /**
   * Publishes this status, even while updates are held back. Has no effect after {@link Repository.close}. The caller must publish
   * features before a status that reports the client as ready.
   */
  setStatus(status: SessionStatus): void {
    catching.setStatus(this.#inner, status);
  }

  /** Queues an update, in the form in which it was received, for the listeners of {@link Repository.onRaw}. */
  raw(update: RawUpdate): void {
    this.#inner.core.push({ kind: "raw", of: update });
    this.#inner.core.dispatcher.wake();
  }

  /** Queues a notice for the listeners of {@link Repository.onNotice}. */
  notice(notice: Notice): void {
    this.#inner.core.push({ kind: "notice", of: notice });
    this.#inner.core.dispatcher.wake();
  }

  /** Makes the next read call the function of {@link Repository.setTouchWaker}, for passive polling (D-71). */
  reportReads(): void {
    this.#inner.core.reportsReads = true;
  }

  /** Records `at`, on the session's clock, as the time when the Edge last sent data. */
  contact(at: Millis): void {
    this.#inner.core.contact = at;
  }

  /** The time that {@link Repository.contact} recorded last; `undefined` before the first call. */
  get lastContact(): Millis | undefined {
    return this.#inner.core.contact;
  }

  // ---- for the dispatcher -------------------------------------------------------------------------

  /**
   * Sets the function that is called when there may be work for {@link Repository.deliver} or {@link Repository.deliverSummaries}.
   * The function can be set once. It is not called again until a delivery has begun. The first call comes at once, because events
   * may be waiting.
   */
  setWaker(onWork: () => void): void {
    this.#inner.core.dispatcher.setOnWork(onWork);
  }

  /** Sets the function that the first read after {@link Repository.reportReads} calls. The function can be set once. */
  setTouchWaker(onTouch: () => void): void {
    this.#inner.core.onTouch ??= onTouch;
  }

  /**
   * Sets the function that logs notices about interceptors, which do not come from the driver. The function can be set once. It gets
   * each such notice once, and none after 256 different notices, even if there is no listener of {@link Repository.onNotice}.
   */
  setNoticeLog(log: (notice: Notice) => void): void {
    this.#inner.core.log ??= log;
  }

  /**
   * Calls listeners and observers for the waiting events. Each listener gets its events in order. Summaries of usage are left to
   * {@link Repository.deliverSummaries}. A call within a delivery returns at once, and the running delivery continues with the
   * waiting events.
   */
  deliver(): void {
    deliver(this.#inner);
  }

  /** Number of listeners and observers. */
  get listeners(): number {
    const { core, live } = this.#inner;
    const { changeListeners, eventListeners } = core.eventQueue;
    return changeListeners.size + eventListeners.size + live.observers.entries.length;
  }

  /**
   * Closes the repository. The next delivery notifies listeners of the readiness `CLOSED` and removes the listeners. It also closes
   * each interceptor and each observer once. Listeners that are registered after that delivery are not called. Reads continue to
   * return values. Later publications, statuses, revocations and releases have no effect, and neither has closing twice.
   */
  close(): void {
    catching.close(this.#inner);
  }

  // ---- for programs -------------------------------------------------------------------------------

  /** Returns the current snapshot, for one read or for several reads of the same state. */
  snapshot(): RepositorySnapshot {
    return this.#inner.live;
  }

  /** The current status of the client. */
  get status(): SessionStatus {
    return this.#inner.live.status;
  }

  /** The current readiness of the client. */
  get readiness(): Readiness {
    return this.#inner.live.readiness;
  }

  /** A number that increases whenever a read may return another value; see `RepositorySnapshot.generation`. */
  get generation(): number {
    return this.#inner.live.generation;
  }

  /** The numbers of errors in listeners, interceptors and observers, of refused overrides and of dropped events. */
  get counters(): Counters {
    return { ...this.#inner.core.dispatcher.tally };
  }

  /** The features that were published last, even if they are held back, without the features of revoked environments. */
  get latest(): Rules {
    return this.#inner.write.latest ?? this.#inner.live.rules;
  }

  /** Returns a handle with which a task waits for updates from now on. */
  watch(): RepositoryWatch {
    return new RepositoryWatch(this.#inner.write.waitingTasks);
  }

  // ---- catch & release (sdk-behaviour 2.7) ----------------------------------------------------------

  /**
   * Holds updates back from now on. The last held update is kept, but not served before it is released.
   *
   * A list that is published as `first` is served nevertheless. Features of environments to which no API key gives access any more
   * are removed nevertheless. Status and readiness are never held back.
   */
  catchUpdates(): void {
    this.#inner.isCatching = true;
  }

  /** True from a call of `catchUpdates` to the next call of `stopCatching`, even while no update is held. */
  get isCatching(): boolean {
    return this.#inner.isCatching;
  }

  /**
   * True if features are held back: if a release of all features would change what a reader sees. This ends when the last visible
   * change is released, or when an update undoes it.
   */
  get isHolding(): boolean {
    return this.#inner.write.isHolding;
  }

  /**
   * Returns the keys of the held features: those that the last update adds, removes, or changes visibly, compared with the served
   * features.
   */
  held(): string[] {
    return catching.held(this.#inner) ?? [];
  }

  /** Serves the last update. If updates are held back, later updates continue to be held back. */
  release(): void {
    catching.release(this.#inner, true);
  }

  /**
   * Serves the last state of the features with these keys only, and continues to hold back all other changes. A feature that was
   * deleted meanwhile is removed. If the last update was evaluated for another context than the served features, or with another
   * kind of API key, the whole update is served.
   */
  releaseOnly(keys: Iterable<string>): void {
    catching.releaseOnly(this.#inner, [...keys]);
  }

  /** Serves the last update, and all later updates as they arrive. Serves no held update after {@link Repository.close}. */
  stopCatching(): void {
    catching.release(this.#inner, false);
  }

  // ---- listeners, interceptors and observers --------------------------------------------------------

  /**
   * Registers a listener for changes of a feature's value and of its lock (D-63), as a read with `attributes` sees them.
   *
   * The first comparison is with the current value, so the listener is not called for the current value. States that do not last
   * until the next delivery may be skipped. The feature need not exist, and may be deleted and created again. The listener is not
   * called while a read has no value with the reason `NOT_READY`. The passing of time starts no comparison.
   */
  onChange(key: string, attributes: Attributes | undefined, call: (change: Change) => void): Subscription {
    return subscribing.onChange(this.#inner, key, attributes, call);
  }

  /**
   * Registers a listener for updates that change features visibly, whether the updates are served or held back, and for the removal
   * of the features of environments. Updates before the first list of features, lists that are published as `first`, and releases
   * are not reported. If an update is already held back, the first event is for that update.
   */
  onNewState(call: (event: NewState) => void): Subscription {
    const keys = catching.held(this.#inner);
    const first = keys && ({ kind: "newState", of: { isHeld: true, keys } } as const);
    return subscribing.listen(this.#inner, "newState", call, first);
  }

  /** Registers a listener for readiness, which gets the current readiness first, and then changes of readiness. */
  onReadiness(call: (change: ReadinessChange) => void): Subscription {
    const { readiness, status } = this;
    const of = { readiness, isFirst: readiness === "READY", status };
    return subscribing.listen(this.#inner, "readiness", call, { kind: "readiness", of });
  }

  /**
   * Registers a listener for the status, which gets the current status first, and then changes of connection, problem or readiness.
   */
  onStatus(call: (status: SessionStatus) => void): Subscription {
    return subscribing.listen(this.#inner, "status", call, { kind: "status", of: this.status });
  }

  /** Registers a listener for the generation, which is called when reads may return other values, also if they return none. */
  onGeneration(call: (generation: number) => void): Subscription {
    return subscribing.listen(this.#inner, "generation", call);
  }

  /** Registers a listener for updates in the form in which they were received, held updates included (sdk-behaviour 2.6). */
  onRaw(call: (update: RawUpdate) => void): Subscription {
    return subscribing.listen(this.#inner, "raw", call);
  }

  /** Registers a listener for notices, such as the notice that an interceptor threw. */
  onNotice(call: (notice: Notice) => void): Subscription {
    return subscribing.listen(this.#inner, "notice", call);
  }

  /**
   * Registers an interceptor, which is called after the interceptors that were registered earlier (sdk-behaviour 2.8). If the closed
   * repository has removed its listeners already, the interceptor is only closed.
   */
  intercept(interceptor: Interceptor, locks: LockPolicy = "respect"): Subscription {
    return subscribing.intercept(this.#inner, interceptor, locks);
  }

  /**
   * Increases the generation, and makes change listeners compare their values again. Call this method when an interceptor may return
   * other values than before (D-63). Has no effect after {@link Repository.close}.
   */
  overridesChanged(): void {
    subscribing.overridesChanged(this.#inner);
  }

  /**
   * Registers an observer, which is notified of the uses of features that `options` selects (sdk-behaviour 3). If the closed
   * repository has removed its listeners already, the observer is only closed.
   */
  observe(observer: Observer, options: UsageOptions = {}): Subscription {
    return subscribing.observe(this.#inner, observer, options);
  }

  /**
   * Reports a named event to observers, with the values of the features for the context `attributes` (sdk-behaviour 3.3). Observers
   * that get summaries do not get the event. A call by an observer has no effect.
   */
  record(name: string, params: Params = {}, attributes?: Attributes): void {
    const { core, live } = this.#inner;
    live.observers.named(core.dispatcher, name, params, attributes, () => live.usedFeatures(attributes));
  }

  /**
   * Delivers the waiting events. Then delivers to each observer its remaining events and the counts of its current summary window,
   * and calls its `flush` with a limit in seconds.
   */
  flushUsage(limit: number): void {
    this.deliver();
    for (const observer of this.#inner.live.observers.entries)
      observer.flush(this.#inner.core.dispatcher, limit);
  }

  /**
   * Delivers the summaries whose window has ended. Returns the earliest end of a current window, on the clock of `now`, which may
   * differ from the clock of events; `undefined` if no observer gets summaries. Call this method after {@link Repository.deliver}.
   */
  deliverSummaries(now: Millis): Millis | undefined {
    return this.#inner.live.observers.summaries(this.#inner.core.dispatcher, now);
  }
}
