import { held } from "./catch.ts";
import { guarded, push } from "./core.ts";
import type { EventListener, RepositoryEvent } from "./listen.ts";
import type { Repository } from "./mod.ts";

/**
 * Calls listeners and observers for the waiting events. Each listener gets its events in order. Summaries of usage are left to
 * `UsageSink.summaries`. A call within a delivery returns at once, and the running delivery continues with the waiting events.
 */
export function deliver(repository: Repository): void {
  repository.turns.take(() => {
    deliverAll(repository);
  });
}

function deliverAll(repository: Repository): void {
  repository.isAwake = false;
  const isLast = repository.isClosed;
  let didSomething: boolean;
  do {
    didSomething = deliverNews(repository);
    didSomething = deliverChanges(repository) || didSomething;
    didSomething = deliverUsage(repository) || didSomething;
  } while (didSomething);
  if (isLast) finish(repository);
}

function deliverNews(repository: Repository): boolean {
  let didSomething = false;
  for (let next = repository.events.nextCall(); next; next = repository.events.nextCall()) {
    didSomething = true;
    notify(repository, ...next);
  }
  return makeUpForLost(repository) || didSomething;
}

/** Notifies listeners of the current state if the full event queue dropped events about that state. */
function makeUpForLost(repository: Repository): boolean {
  const lost = repository.events.takeLost();
  if (lost.size === 0) return false;
  const { status } = repository.live;
  const { readiness } = status;
  for (const listener of [...repository.events.eventListeners.values()]) {
    if (!lost.has(listener.kind)) continue;
    if (listener.kind === "readiness" && listener.lastReadiness !== readiness) {
      notify(repository, listener, {
        kind: "readiness",
        of: { readiness, isFirst: readiness === "READY", status },
      });
    } else if (listener.kind === "newState") {
      const keys = held(repository);
      notify(repository, listener, {
        kind: "newState",
        of: { isHeld: keys !== undefined, keys: keys ?? [] },
      });
    } else if (listener.kind === "status") {
      notify(repository, listener, { kind: "status", of: status });
    } else if (listener.kind === "generation") {
      notify(repository, listener, { kind: "generation", of: repository.live.generation });
    }
  }
  return true;
}

function notify(repository: Repository, listener: EventListener, event: RepositoryEvent): void {
  if (listener.isRemoved || !listener.isNews(event)) return;
  guarded(repository, () => listener.call(event.of));
}

function deliverChanges(repository: Repository): boolean {
  const { events } = repository;
  let didSomething = repository.hasChanged;
  repository.hasChanged = false;
  if (didSomething) {
    events.allDue();
    push(repository, { kind: "generation", of: repository.live.generation });
  }
  for (let listener = events.nextDue(); listener; listener = events.nextDue()) {
    didSomething = true;
    const { call } = listener;
    const change = listener.compare(repository.live);
    if (change && !listener.isRemoved) {
      guarded(repository, () => call(change));
    }
  }
  return didSomething;
}

function deliverUsage(repository: Repository): boolean {
  const { live } = repository;
  if (live.hasList && live.readiness === "READY" && !repository.isCollected) {
    repository.isCollected = true;
    live.observers?.collection(() => live.usedFeatures(undefined));
  }
  return live.observers?.deliver() ?? false;
}

/** Ends delivery: removes listeners, and closes interceptors and observers, each once. */
function finish(repository: Repository): void {
  repository.events.close();
  if (repository.isFinished) return;
  repository.isFinished = true;
  const last = repository.live;
  // Interceptors stay in the snapshot, so that reads continue to return overridden values.
  repository.live = last.withObservers(undefined);
  if (!repository.sharesHandlers) for (const interceptor of last.chain) interceptor.close();
  last.observers?.close();
}
