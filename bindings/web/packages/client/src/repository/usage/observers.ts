import type { Attributes } from "../../attributes.ts";
import type { Answer } from "../answer.ts";
import { type ClockFn, wake } from "../dispatcher.ts";
import { runs } from "../panic_guard.ts";
import { guarded } from "../serving/core.ts";
import { subscription, type Subscription } from "../serving/listen.ts";
import type { Repository } from "../serving/mod.ts";
import type { Rules } from "../rules.ts";
import type { Millis } from "../time.ts";
import { Turns } from "../turns.ts";
import { type Params, type UsageEvent, type UsedFeature, usedFeature } from "./event.ts";
import type { Dispatch, Observer, UsageOptions, UsageSink } from "./mod.ts";
import { fingerprint, Sampling } from "./sampling.ts";
import { Counts } from "./summary.ts";

/** The limit in seconds that is passed to an observer's `flush` when the observer is closed. */
const LAST_FLUSH = 2;

/** True while an observer runs. Reads that an observer makes are not counted as uses. */
let isObserving = false;

/**
 * Registers an observer, which is notified of the uses of features that `options` selects. If the closed repository has
 * removed its listeners already, the observer is only closed.
 */
export function observe(
  repository: Repository,
  observer: Observer,
  options: UsageOptions = {},
): Subscription {
  const entry = new Entry(repository, observer, options);
  if (repository.isFinished) {
    entry.close();
    return subscription(() => undefined);
  }
  const entries = (): readonly Entry[] => {
    const { observers } = repository.live;
    return observers instanceof Observers ? observers.entries : [];
  };
  const replace = (entries: readonly Entry[]): void => {
    repository.live = repository.live.withObservers(new Observers(repository, entries));
  };
  replace([...entries(), entry]);
  // The window of this observer may end before those of all other observers.
  if (entry.counts) wake(repository);
  return subscription(() => {
    if (!entries().includes(entry)) return;
    replace(entries().filter((each) => each !== entry));
    entry.close();
  });
}

/** The registered observers. The list is immutable: a registration or removal creates a new list. */
export class Observers implements UsageSink {
  readonly entries: readonly Entry[];
  readonly #repository: Repository;

  constructor(repository: Repository, entries: readonly Entry[]) {
    this.#repository = repository;
    this.entries = entries;
  }

  /** {@inheritDoc UsageSink.size} */
  get size(): number {
    return this.entries.length;
  }

  /** {@inheritDoc UsageSink.evaluated} */
  evaluated(
    rules: Rules,
    key: string,
    answer: Answer,
    attributes: Attributes | undefined,
    clock: ClockFn = this.#repository.clock,
  ): void {
    if (this.size === 0 || isObserving || answer.feature === undefined) return;
    let event: UsageEvent | undefined;
    let print: string | undefined;
    for (const entry of this.entries) {
      const printed = () => (print ??= fingerprint(key, answer, attributes));
      if (!entry.sampling.letsThrough(printed, clock)) continue;
      if (entry.counts) {
        if (!entry.isClosed) entry.counts.count(rules, key, answer);
        continue;
      }
      event ??= {
        kind: "evaluated",
        feature: usedFeature(rules, key, answer) as UsedFeature,
        reason: answer.reason,
        interceptor: answer.interceptor,
        attributes,
        at: clock(),
      };
      entry.take(event);
    }
    if (event) wake(this.#repository);
  }

  /** {@inheritDoc UsageSink.collection} */
  collection(features: () => readonly UsedFeature[], clock: ClockFn = this.#repository.clock): void {
    if (!this.#wantEvents()) return;
    this.#take({ kind: "collection", features: features(), at: clock() });
  }

  /** {@inheritDoc UsageSink.named} */
  named(
    name: string,
    params: Params,
    attributes: Attributes | undefined,
    features: () => readonly UsedFeature[],
    clock: ClockFn = this.#repository.clock,
  ): void {
    if (!this.#wantEvents() || isObserving) return;
    const values = features();
    this.#take({ kind: "named", name, params, features: values, attributes, at: clock() });
    wake(this.#repository);
  }

  /** {@inheritDoc UsageSink.deliver} */
  deliver(): boolean {
    let didSomething = false;
    for (const entry of this.entries) didSomething = entry.deliver() || didSomething;
    return didSomething;
  }

  /** {@inheritDoc UsageSink.summaries} */
  summaries(now: Millis): Millis | undefined {
    let next: Millis | undefined;
    for (const entry of this.entries) {
      if (!entry.counts) continue;
      const [isDue, ends] = entry.counts.isDue(now);
      next = Math.min(next ?? ends, ends);
      if (isDue) entry.report();
    }
    return next;
  }

  /** {@inheritDoc UsageSink.flush} */
  flush(limit: number): void {
    for (const entry of this.entries) entry.flush(limit);
  }

  /** {@inheritDoc UsageSink.close} */
  close(): void {
    for (const entry of this.entries) entry.close();
  }

  #wantEvents(): boolean {
    return this.entries.some((entry) => !entry.counts);
  }

  #take(event: UsageEvent): void {
    for (const entry of this.entries) entry.take(event);
  }
}

/** A registered observer, with its queue of events or its counts. */
export class Entry {
  readonly sampling: Sampling;
  /** The counts for an observer that gets summaries; `undefined` for other observers. */
  readonly counts: Counts | undefined;
  isClosed = false;
  readonly #repository: Repository;
  readonly #observer: Observer;
  readonly #dispatch: Dispatch;
  readonly #capacity: number;
  readonly #turns = new Turns();
  #queue: UsageEvent[] = [];
  /** True if the summary of the current window is due. */
  #isDue = false;
  /** The limit of a requested flush; `undefined` if no flush is requested. */
  #flush: number | undefined;
  /** True once the last calls of the observer's `flush` and `close` have begun. */
  #isEnded = false;

  constructor(repository: Repository, observer: Observer, options: UsageOptions) {
    this.#repository = repository;
    this.#observer = observer;
    this.#capacity = Math.max(options.queue ?? 1024, 1);
    this.sampling = new Sampling(options.oneOf, options.deduplicate);
    let dispatch: Dispatch = "queued";
    runs(
      () => (dispatch = observer.dispatch ?? dispatch),
      () => repository.counters.observerPanics++,
    );
    this.#dispatch = dispatch;
    this.counts = typeof dispatch === "object" ? new Counts(dispatch, repository.clock()) : undefined;
  }

  /** Calls the observer for an event at once, or queues the event. A full queue drops its oldest event. */
  take(event: UsageEvent): void {
    // A reader may still use a snapshot from the time before the observer was closed.
    if (this.counts || this.isClosed) return;
    if (this.#dispatch === "inline") {
      this.#guarded(() => this.#observer.observe?.(event));
      return;
    }
    if (this.#queue.length >= this.#capacity) {
      this.#queue.shift();
      this.#repository.counters.droppedUsage++;
    }
    this.#queue.push(event);
  }

  /** Delivers the queued events. Returns true if there were any. */
  deliver(): boolean {
    if (this.#queue.length === 0) return false;
    let didSomething = false;
    this.#turns.take(() => {
      didSomething = this.#work() || didSomething;
    });
    return didSomething;
  }

  /** Reports the summary of the current window, and begins the next window. */
  report(): void {
    this.#isDue = true;
    this.#turns.take(() => this.#work());
  }

  /** Delivers the queued events and the summary of the current window, and calls the observer's `flush`. */
  flush(limit: number): void {
    this.#flush = Math.max(this.#flush ?? limit, limit);
    this.report();
  }

  /** Delivers the queued events and the last summary, and closes the observer, once. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#turns.take(() => this.#work());
  }

  #work(): boolean {
    const observer = this.#observer;
    // The request is taken before the events, so that the flush comes after every event that was queued before the request.
    const flush = this.#flush;
    this.#flush = undefined;
    const waiting = this.#queue;
    this.#queue = [];
    if (this.#dispatch === "batched") {
      if (waiting.length > 0) this.#guarded(() => observer.observeBatch?.(waiting));
    } else {
      for (const event of waiting) this.#guarded(() => observer.observe?.(event));
    }
    const isLast = this.isClosed;
    const summary = (this.#isDue || isLast) && this.counts?.take(this.#repository.clock());
    this.#isDue = false;
    if (summary) this.#guarded(() => observer.summary?.(summary));
    if (flush !== undefined) this.#guarded(() => observer.flush?.(flush));
    if (isLast && !this.#isEnded) {
      this.#isEnded = true;
      this.#guarded(() => observer.flush?.(LAST_FLUSH));
      if (!this.#repository.sharesHandlers) this.#guarded(() => observer.close?.());
    }
    return waiting.length > 0;
  }

  /** Calls the observer, and counts and reports a failure. */
  #guarded(call: () => unknown): void {
    const outer = isObserving;
    isObserving = true;
    guarded(this.#repository, call, "observerPanics");
    isObserving = outer;
  }
}
