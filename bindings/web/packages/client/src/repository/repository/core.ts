import { type ClockFn, DispatcherState } from "../dispatcher.ts";
import type { Feature } from "../feature.ts";
import type { FaultReporter } from "../intercept/chain.ts";
import type { Notice } from "../notice.ts";
import type { Millis } from "../time.ts";
import { EventQueue } from "./event_queue.ts";
import type { RepositoryEvent } from "./listen.ts";

/** A function that compares an older and a newer state of a feature. It returns true if a reader can see the difference. */
export type IsVisibleChange = (older: Feature, newer: Feature) => boolean;

/** The state that a repository shares with all of its snapshots. */
export class Core implements FaultReporter {
  readonly dispatcher: DispatcherState;
  readonly isVisibleChange: IsVisibleChange;
  readonly eventQueue: EventQueue;
  /** True if snapshots keep the answers of reads. */
  readonly keepsAnswers: boolean;
  /** The time when the Edge last sent data; `undefined` before. */
  contact: Millis | undefined;
  onTouch: (() => void) | undefined;
  /** The function that logs notices about interceptors. */
  log: ((notice: Notice) => void) | undefined;
  /** True if the next read by the user's code must be reported. */
  reportsReads = false;
  /** True if the value of a change listener's feature may have changed since a delivery last took this flag. */
  hasChanged = false;
  /** True once a delivery has reported the collection of all features, even if no observer got it. */
  isCollected = false;
  #lastId = 0;

  constructor(clock: ClockFn, events: number, isVisibleChange: IsVisibleChange, keepsAnswers: boolean) {
    this.dispatcher = new DispatcherState(clock);
    this.eventQueue = new EventQueue(events);
    this.isVisibleChange = isVisibleChange;
    this.keepsAnswers = keepsAnswers;
  }

  /** Returns an unused id for a listener, an interceptor or an observer. */
  nextId(): number {
    return this.#lastId++;
  }

  /** Calls `onTouch` if this read is the first one since reads are reported (D-71). */
  touch(): void {
    if (!this.reportsReads) return;
    this.reportsReads = false;
    this.onTouch?.();
  }

  /** Queues an event for listeners. Counts the older events that a full queue drops. */
  push(event: RepositoryEvent): void {
    this.dispatcher.tally.droppedEvents += this.eventQueue.push(event);
  }

  interceptorPanicked(id: number, interceptor: string): void {
    this.dispatcher.tally.interceptorPanics++;
    this.#noticeOnce(String(id), { kind: "interceptor_panicked", interceptor });
  }

  overrideRefused(id: number, interceptor: string, feature: string, why: string): void {
    this.dispatcher.tally.refusedOverrides++;
    this.#noticeOnce(`${id}:${feature}`, { kind: "override_refused", interceptor, feature, why });
  }

  /**
   * Queues a notice about an interceptor for listeners, and passes it to the log. The listeners and the log each get a notice once,
   * and none after 256 different notices. If no listener for notices is registered, the notice is not queued, so that a later
   * incident of the same kind is reported to a later listener.
   */
  #noticeOnce(incident: string, notice: Notice): void {
    const isNew = this.eventQueue.isNewNotice(incident);
    if (this.log && this.eventQueue.isNewInLog(incident)) this.log(notice);
    if (!isNew) return;
    this.push({ kind: "notice", of: notice });
    this.dispatcher.wake();
  }
}
