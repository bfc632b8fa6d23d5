import { runs } from "../panic_guard.ts";
import { Observers } from "../usage/observers.ts";
import { held } from "./catch.ts";
import type { EventListener, RepositoryEvent } from "./listen.ts";
import type { Inner } from "./mod.ts";

/** Calls listeners and observers for the waiting events. */
export function deliver(inner: Inner): void {
  inner.turns.take(() => {
    deliverAll(inner);
  });
}

function deliverAll(inner: Inner): void {
  inner.core.dispatcher.beginDelivery();
  const isLast = inner.write.isClosed;
  let didSomething: boolean;
  do {
    didSomething = deliverNews(inner);
    didSomething = deliverChanges(inner) || didSomething;
    didSomething = deliverUsage(inner) || didSomething;
  } while (didSomething);
  if (isLast) finish(inner);
}

function deliverNews(inner: Inner): boolean {
  let didSomething = false;
  for (let next = inner.core.eventQueue.nextCall(); next; next = inner.core.eventQueue.nextCall()) {
    didSomething = true;
    notify(inner, ...next);
  }
  return makeUpForLost(inner) || didSomething;
}

/** Notifies listeners of the current state if the full event queue dropped events about that state. */
function makeUpForLost(inner: Inner): boolean {
  const lost = inner.core.eventQueue.takeLost();
  if (lost.size === 0) return false;
  const { status } = inner.live;
  const { readiness } = status;
  for (const listener of [...inner.core.eventQueue.eventListeners.values()]) {
    if (!lost.has(listener.kind)) continue;
    if (listener.kind === "readiness" && listener.lastReadiness !== readiness) {
      notify(inner, listener, {
        kind: "readiness",
        of: { readiness, isFirst: readiness === "READY", status },
      });
    } else if (listener.kind === "newState") {
      const keys = held(inner);
      notify(inner, listener, { kind: "newState", of: { isHeld: keys !== undefined, keys: keys ?? [] } });
    } else if (listener.kind === "status") {
      notify(inner, listener, { kind: "status", of: status });
    } else if (listener.kind === "generation") {
      notify(inner, listener, { kind: "generation", of: inner.live.generation });
    }
  }
  return true;
}

function notify(inner: Inner, listener: EventListener, event: RepositoryEvent): void {
  if (listener.isRemoved || !listener.isNews(event)) return;
  guarded(inner, () => {
    listener.call(event.of);
  });
}

function deliverChanges(inner: Inner): boolean {
  const { core } = inner;
  let didSomething = core.hasChanged;
  core.hasChanged = false;
  if (didSomething) {
    core.eventQueue.allDue();
    core.push({ kind: "generation", of: inner.live.generation });
  }
  for (let listener = core.eventQueue.nextDue(); listener; listener = core.eventQueue.nextDue()) {
    didSomething = true;
    const { call } = listener;
    const change = listener.compare(inner.live);
    if (change && !listener.isRemoved) {
      guarded(inner, () => {
        call(change);
      });
    }
  }
  return didSomething;
}

function deliverUsage(inner: Inner): boolean {
  const { core, live } = inner;
  if (live.hasList && live.readiness === "READY" && !core.isCollected) {
    core.isCollected = true;
    live.observers.collection(core.dispatcher, () => live.usedFeatures(undefined));
  }
  return live.observers.deliver(core.dispatcher);
}

/** Ends delivery: removes listeners, and closes interceptors and observers, each once. */
function finish(inner: Inner): void {
  inner.core.eventQueue.close();
  if (inner.write.isFinished) return;
  inner.write.isFinished = true;
  const last = inner.live;
  // Interceptors stay in the snapshot, so that reads continue to return overridden values.
  inner.live = last.withObservers(new Observers());
  for (const interceptor of last.chain) interceptor.close(inner.core);
  for (const observer of last.observers.entries) observer.close(inner.core.dispatcher);
}

/** Calls a listener's function, and counts what it throws. */
function guarded(inner: Inner, call: () => void): void {
  if (!runs(call)) inner.core.dispatcher.tally.listenerPanics++;
}
