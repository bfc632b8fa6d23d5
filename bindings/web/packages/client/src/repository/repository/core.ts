import { wake } from "../dispatcher.ts";
import type { Feature } from "../feature.ts";
import type { Notice } from "../notice.ts";
import { runs } from "../panic_guard.ts";
import { isNew } from "./event_queue.ts";
import type { RepositoryEvent } from "./listen.ts";
import type { Repository } from "./mod.ts";

/** A function that compares an older and a newer state of a feature. It returns true if a reader can see the difference. */
export type IsVisibleChange = (older: Feature, newer: Feature) => boolean;

/** Calls `onTouch` if this read is the first one since reads are reported (D-71). */
export function touch(repository: Repository): void {
  if (!repository.reportsReads) return;
  repository.reportsReads = false;
  repository.onTouch?.();
}

/** Queues an event for listeners. Counts the older events that a full queue drops. */
export function push({ events, counters }: Repository, event: RepositoryEvent): void {
  counters.droppedEvents += events.push(event);
}

/** Queues an update in the form in which it was received, or a notice, for the listeners of these events. */
export function queue(repository: Repository, event: RepositoryEvent): void {
  push(repository, event);
  wake(repository);
}

/** Calls a listener's function or an observer, and counts and reports a failure. */
export function guarded(
  { counters, onThrow }: Repository,
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
export function noticeOnce(repository: Repository, notice: Notice, incident: string = notice.kind): void {
  const { events, log } = repository;
  const isQueued = events.wants("notice") && isNew(events.reported, incident);
  if (log && isNew(events.logged, incident)) log(notice);
  if (isQueued) queue(repository, { kind: "notice", of: notice });
}
