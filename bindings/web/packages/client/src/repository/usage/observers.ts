import type { Attributes } from "../../attributes.ts";
import type { Answer } from "../answer.ts";
import type { DispatcherState } from "../dispatcher.ts";
import { runs } from "../panic_guard.ts";
import type { Rules } from "../rules.ts";
import type { Millis } from "../time.ts";
import { Turns } from "../turns.ts";
import { type Params, type UsageEvent, type UsedFeature, usedFeature } from "./event.ts";
import type { Dispatch, Observer, UsageOptions } from "./mod.ts";
import { fingerprint, Sampling } from "./sampling.ts";
import { Counts } from "./summary.ts";

/** The limit in seconds that is passed to an observer's `flush` when the observer is closed. */
const LAST_FLUSH = 2;

/** True while an observer runs. Reads that an observer makes are not counted as uses. */
let isObserving = false;

/** The registered observers. The list is immutable: a registration or removal creates a new list. */
export class Observers {
  readonly entries: readonly Entry[];

  constructor(entries: readonly Entry[] = []) {
    this.entries = entries;
  }

  /** Reports a read of the user's code to the observers. */
  evaluated(
    rules: Rules,
    dispatcher: DispatcherState,
    key: string,
    answer: Answer,
    attributes: Attributes | undefined,
  ): void {
    if (this.entries.length === 0 || isObserving || answer.feature === undefined) return;
    let event: UsageEvent | undefined;
    let print: string | undefined;
    for (const entry of this.entries) {
      const printed = () => (print ??= fingerprint(key, answer, attributes));
      if (!entry.sampling.letsThrough(printed, dispatcher.clock)) continue;
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
        at: dispatcher.clock(),
      };
      entry.take(dispatcher, event);
    }
    if (event) dispatcher.wake();
  }

  /** Reports the values of all features of a client that is ready for the first time to the observers. */
  collection(dispatcher: DispatcherState, features: () => readonly UsedFeature[]): void {
    if (!this.#wantEvents()) return;
    this.#take(dispatcher, { kind: "collection", features: features(), at: dispatcher.clock() });
  }

  /** Reports a named event of the user's code to the observers. */
  named(
    dispatcher: DispatcherState,
    name: string,
    params: Params,
    attributes: Attributes | undefined,
    features: () => readonly UsedFeature[],
  ): void {
    if (!this.#wantEvents() || isObserving) return;
    const values = features();
    this.#take(dispatcher, {
      kind: "named",
      name,
      params,
      features: values,
      attributes,
      at: dispatcher.clock(),
    });
    dispatcher.wake();
  }

  /** Delivers the queued events. Returns true if an event was delivered. */
  deliver(dispatcher: DispatcherState): boolean {
    let didSomething = false;
    for (const entry of this.entries) didSomething = entry.deliver(dispatcher) || didSomething;
    return didSomething;
  }

  /** Delivers the summaries whose window has ended. Returns the earliest end of a current window. */
  summaries(dispatcher: DispatcherState, now: Millis): Millis | undefined {
    let next: Millis | undefined;
    for (const entry of this.entries) {
      if (!entry.counts) continue;
      const [isDue, ends] = entry.counts.isDue(now);
      next = Math.min(next ?? ends, ends);
      if (isDue) entry.report(dispatcher);
    }
    return next;
  }

  #wantEvents(): boolean {
    return this.entries.some((entry) => !entry.counts);
  }

  #take(dispatcher: DispatcherState, event: UsageEvent): void {
    for (const entry of this.entries) entry.take(dispatcher, event);
  }
}

/** A registered observer, with its queue of events or its counts. */
export class Entry {
  readonly id: number;
  readonly sampling: Sampling;
  /** The counts for an observer that gets summaries; `undefined` for other observers. */
  readonly counts: Counts | undefined;
  isClosed = false;
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

  constructor(id: number, observer: Observer, options: UsageOptions, dispatcher: DispatcherState) {
    this.id = id;
    this.#observer = observer;
    this.#capacity = Math.max(options.queue ?? 1024, 1);
    this.sampling = new Sampling(options.oneOf, options.deduplicate);
    let dispatch: Dispatch = "queued";
    if (!runs(() => (dispatch = observer.dispatch ?? dispatch))) dispatcher.tally.observerPanics++;
    this.#dispatch = dispatch;
    this.counts = typeof dispatch === "object" ? new Counts(dispatch, dispatcher.clock()) : undefined;
  }

  /** Calls the observer for an event at once, or queues the event. A full queue drops its oldest event. */
  take(dispatcher: DispatcherState, event: UsageEvent): void {
    // A reader may still use a snapshot from the time before the observer was closed.
    if (this.counts || this.isClosed) return;
    if (this.#dispatch === "inline") {
      this.#guarded(dispatcher, () => this.#observer.observe?.(event));
      return;
    }
    if (this.#queue.length >= this.#capacity) {
      this.#queue.shift();
      dispatcher.tally.droppedUsage++;
    }
    this.#queue.push(event);
  }

  /** Delivers the queued events. Returns true if there were any. */
  deliver(dispatcher: DispatcherState): boolean {
    if (this.#queue.length === 0) return false;
    let didSomething = false;
    this.#turns.take(() => {
      didSomething = this.#work(dispatcher) || didSomething;
    });
    return didSomething;
  }

  /** Reports the summary of the current window, and begins the next window. */
  report(dispatcher: DispatcherState): void {
    this.#isDue = true;
    this.#turns.take(() => this.#work(dispatcher));
  }

  /** Delivers the queued events and the summary of the current window, and calls the observer's `flush`. */
  flush(dispatcher: DispatcherState, limit: number): void {
    this.#flush = Math.max(this.#flush ?? limit, limit);
    this.report(dispatcher);
  }

  /** Delivers the queued events and the last summary, and closes the observer, once. */
  close(dispatcher: DispatcherState): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#turns.take(() => this.#work(dispatcher));
  }

  #work(dispatcher: DispatcherState): boolean {
    const observer = this.#observer;
    // The request is taken before the events, so that the flush comes after every event that was queued before the request.
    const flush = this.#flush;
    this.#flush = undefined;
    const waiting = this.#queue;
    this.#queue = [];
    if (this.#dispatch === "batched") {
      if (waiting.length > 0) this.#guarded(dispatcher, () => observer.observeBatch?.(waiting));
    } else {
      for (const event of waiting) this.#guarded(dispatcher, () => observer.observe?.(event));
    }
    const isLast = this.isClosed;
    const summary = (this.#isDue || isLast) && this.counts?.take(dispatcher.clock());
    this.#isDue = false;
    if (summary) this.#guarded(dispatcher, () => observer.summary?.(summary));
    if (flush !== undefined) this.#guarded(dispatcher, () => observer.flush?.(flush));
    if (isLast && !this.#isEnded) {
      this.#isEnded = true;
      this.#guarded(dispatcher, () => observer.flush?.(LAST_FLUSH));
      this.#guarded(dispatcher, () => observer.close?.());
    }
    return waiting.length > 0;
  }

  /** Calls the observer, and counts what it throws. */
  #guarded(dispatcher: DispatcherState, call: () => void): void {
    const outer = isObserving;
    isObserving = true;
    if (!runs(call)) dispatcher.tally.observerPanics++;
    isObserving = outer;
  }
}
