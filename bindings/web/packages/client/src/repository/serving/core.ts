import type { GivenAttributes } from "../../attributes.ts";
import type { Answer } from "../answer.ts";
import type { Counters } from "../counters.ts";
import { type ClockFn, wake, type Waking } from "../dispatcher.ts";
import type { Feature } from "../feature.ts";
import type { Notice } from "../notice.ts";
import { runs } from "../panic_guard.ts";
import type { Rules } from "../rules.ts";
import type { Kind } from "../value.ts";
import { type EventQueue, isNew } from "./event_queue.ts";
import type { RepositoryEvent } from "./listen.ts";

/** A function that compares an older and a newer state of a feature. It returns true if a reader can see the difference. */
export type IsVisibleChange = (older: Feature, newer: Feature) => boolean;

/** The data of a repository that reads and calls of the user's code need, and that no snapshot holds. */
export interface Core extends Waking {
  readonly events: EventQueue;
  readonly clock: ClockFn;
  /** True if snapshots keep the answers of reads. */
  readonly keepsAnswers: boolean;
  /** The numbers of errors in listeners, interceptors and observers, of refused overrides and of dropped events. */
  readonly counters: Counters;
  /** The function that the first read after `reportsReads` was set calls, for passive polling. */
  onTouch: (() => void) | undefined;
  /** Gets what a listener or an observer throws. */
  onThrow: ((error: unknown) => void) | undefined;
  /** True if the next read by the user's code must be reported. */
  reportsReads: boolean;
  /**
   * The function that logs notices about interceptors and reads, which do not come from the driver. It gets each such notice once, and none after
   * 256 different notices, even if there is no listener for notices.
   */
  log: ((notice: Notice) => void) | undefined;
  /**
   * Gets reads without a value, with their answer and the type that they request, and the names of attributes that a context lacks. It reports
   * those that look like mistakes in the program, and reads of other contexts. Clients of tests have none.
   */
  mistake: ((name: string, of: Answer | GivenAttributes, kind?: Kind, rules?: Rules) => unknown) | undefined;
  /** The number of ids of listeners, interceptors and observers that are in use. */
  ids: number;
}

/** Calls `onTouch` if this read is the first one since reads are reported. */
export function touch(repository: Core): void {
  if (!repository.reportsReads) return;
  repository.reportsReads = false;
  repository.onTouch?.();
}

/** Queues an event for listeners. Counts the older events that a full queue drops. */
export function push({ events, counters }: Core, event: RepositoryEvent): void {
  counters.droppedEvents += events.push(event);
}

/** Queues an update in the form in which it was received, or a notice, for the listeners of these events. */
export function queue(repository: Core, event: RepositoryEvent): void {
  push(repository, event);
  wake(repository);
}

/** Calls a listener's function or an observer, and counts and reports a failure. */
export function guarded(
  { counters, onThrow }: Core,
  call: () => unknown,
  counter: "listenerPanics" | "observerPanics" = "listenerPanics",
): void {
  runs(call, (error) => {
    counters[counter]++;
    onThrow?.(error);
  });
}

/**
 * Queues a notice about user code or a read for listeners, and passes it to the log. The listeners and the log each get a notice once,
 * and none after 256 different notices. If no listener for notices is registered, the notice is not queued, so that a later
 * incident of the same kind is reported to a later listener.
 */
export function noticeOnce(repository: Core, notice: Notice, incident: string = notice.kind): void {
  const { events, log } = repository;
  const isQueued = events.wants("notice") && isNew(events.reported, incident);
  if (log && isNew(events.logged, incident)) log(notice);
  if (isQueued) queue(repository, { kind: "notice", of: notice });
}
