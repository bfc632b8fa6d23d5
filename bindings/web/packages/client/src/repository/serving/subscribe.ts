import type { GivenAttributes } from "../../attributes.ts";
import { wake } from "../dispatcher.ts";
import { Entry } from "../intercept/chain.ts";
import type { Interceptor, LockPolicy } from "../intercept/mod.ts";
import type { SessionStatus } from "../status.ts";
import { held } from "./catch.ts";
import {
  type Change,
  ChangeListener,
  type Events,
  type NewState,
  type ReadinessChange,
  type RepositoryEvent,
  subscription,
  type Subscription,
} from "./listen.ts";
import { compareAgain, type Repository } from "./mod.ts";

/**
 * Registers a listener for changes of a feature's value and of its lock, as a read with `attributes` sees them.
 *
 * The first comparison is with the current value, so the listener is not called for the current value. States that do not last until the
 * next delivery may be skipped. The feature need not exist, and may be deleted and created again. The listener is not called while a read
 * has no value because the client has no features for the context. The passing of time starts no comparison.
 */
export function onChange(
  repository: Repository,
  key: string,
  attributes: GivenAttributes | undefined,
  call: (change: Change) => unknown,
): Subscription {
  const listener = new ChangeListener(repository.live, key, attributes, call);
  const id = repository.ids++;
  repository.events.addChangeListener(id, listener);
  // An interceptor that was called for the current value may have published other features.
  if (repository.live.generation !== listener.generation) compareAgain(repository);
  return listening(repository, id);
}

/**
 * Registers a listener for updates that change features visibly, whether the updates are served or held back, and for the removal of the
 * features of environments. Updates before the first list of features, lists that are published as `first`, and releases are not
 * reported. If an update is already held back, the first event is for that update.
 */
export function onNewState(repository: Repository, call: (event: NewState) => unknown): Subscription {
  const keys = held(repository);
  return listen(repository, "newState", call, keys && { kind: "newState", of: { isHeld: true, keys } });
}

/** Registers a listener for readiness, which gets the current readiness first, and then changes of readiness. */
export function onReadiness(
  repository: Repository,
  call: (change: ReadinessChange) => unknown,
): Subscription {
  const { status } = repository;
  const { readiness } = status;
  const of = { readiness, isFirst: readiness === "READY", status };
  return listen(repository, "readiness", call, { kind: "readiness", of });
}

/**
 * Registers a listener for the status, which gets the current status first, and then changes of connection, problem or readiness.
 */
export function onStatus(repository: Repository, call: (status: SessionStatus) => unknown): Subscription {
  return listen(repository, "status", call, { kind: "status", of: repository.status });
}

/** Registers a listener for events of one kind, whose first event is `first`, if there is one. */
export function listen<K extends keyof Events>(
  repository: Repository,
  kind: K,
  call: (event: Events[K]) => unknown,
  first?: RepositoryEvent,
): Subscription {
  const id = repository.ids++;
  repository.counters.droppedEvents += repository.events.listen(id, kind, call, first);
  if (kind !== "raw" && kind !== "notice") wake(repository);
  return listening(repository, id);
}

function listening({ events }: Repository, id: number): Subscription {
  return subscription(() => {
    events.remove(id);
  });
}

/**
 * Registers an interceptor, which is called after the interceptors that were registered earlier. If the closed
 * repository has removed its listeners already, the interceptor is only closed.
 */
export function intercept(
  repository: Repository,
  interceptor: Interceptor,
  locks: LockPolicy = "respect",
): Subscription {
  const entry = new Entry(repository, interceptor, locks);
  if (repository.isFinished) {
    entry.close();
    return subscription(() => undefined);
  }
  repository.live = repository.live.withChain([...repository.live.chain, entry]);
  entry.register(() => {
    overridesChanged(repository);
  });
  compareAgain(repository);
  return subscription(() => {
    const { live } = repository;
    if (!live.chain.includes(entry)) return;
    repository.live = live.withChain(live.chain.filter((each) => each !== entry));
    compareAgain(repository);
    entry.close();
  });
}

/**
 * Increases the generation, and makes change listeners compare their values again. Call this function when an interceptor may return other
 * values than before.
 */
export function overridesChanged(repository: Repository): void {
  if (repository.isClosed) return;
  repository.live = repository.live.withChain(repository.live.chain);
  compareAgain(repository);
}
