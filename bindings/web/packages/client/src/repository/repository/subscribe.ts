import type { Attributes } from "../../attributes.ts";
import { Entry as InterceptorEntry } from "../intercept/chain.ts";
import type { Interceptor, LockPolicy } from "../intercept/mod.ts";
import type { Observer, UsageOptions } from "../usage/mod.ts";
import { Entry as ObserverEntry, Observers } from "../usage/observers.ts";
import {
  type Change,
  ChangeListener,
  type Events,
  type RepositoryEvent,
  subscription,
  type Subscription,
} from "./listen.ts";
import type { Inner } from "./mod.ts";

/** Registers a listener for changes of a feature's value and of its lock. */
export function onChange(
  inner: Inner,
  key: string,
  attributes: Attributes | undefined,
  call: (change: Change) => void,
): Subscription {
  const { core } = inner;
  const listener = new ChangeListener(inner.live, key, attributes, call);
  const id = core.nextId();
  core.eventQueue.addChangeListener(id, listener);
  // An interceptor that was called for the current value may have published other features.
  if (inner.live.generation !== listener.generation) inner.compareAgain();
  return listening(inner, id);
}

/** Registers a listener for events of one kind, whose first event is `first`, if there is one. */
export function listen<K extends keyof Events>(
  inner: Inner,
  kind: K,
  call: (event: Events[K]) => void,
  first?: RepositoryEvent,
): Subscription {
  const { core } = inner;
  const id = core.nextId();
  core.dispatcher.tally.droppedEvents += core.eventQueue.listen(id, kind, call, first);
  if (kind !== "raw" && kind !== "notice") core.dispatcher.wake();
  return listening(inner, id);
}

function listening({ core }: Inner, id: number): Subscription {
  return subscription(() => {
    core.eventQueue.remove(id);
  });
}

/** Registers an interceptor, which is called after the interceptors that were registered earlier. */
export function intercept(inner: Inner, interceptor: Interceptor, locks: LockPolicy): Subscription {
  const { core } = inner;
  const entry = new InterceptorEntry(core.nextId(), interceptor, locks, core);
  if (inner.write.isFinished) {
    entry.close(core);
    return subscription(() => undefined);
  }
  inner.live = inner.live.withChain([...inner.live.chain, entry]);
  const notify = () => {
    overridesChanged(inner);
  };
  entry.register({ notify }, core);
  inner.compareAgain();
  return subscription(() => {
    const { live } = inner;
    if (!live.chain.includes(entry)) return;
    inner.live = live.withChain(live.chain.filter((each) => each !== entry));
    inner.compareAgain();
    entry.close(core);
  });
}

/** Increases the generation, and makes change listeners compare their values again. */
export function overridesChanged(inner: Inner): void {
  if (inner.write.isClosed) return;
  inner.live = inner.live.withChain(inner.live.chain);
  inner.compareAgain();
}

/** Registers an observer, which is notified of the uses of features that `options` selects. */
export function observe(inner: Inner, observer: Observer, options: UsageOptions): Subscription {
  const { dispatcher } = inner.core;
  const entry = new ObserverEntry(inner.core.nextId(), observer, options, dispatcher);
  if (inner.write.isFinished) {
    entry.close(dispatcher);
    return subscription(() => undefined);
  }
  inner.live = inner.live.withObservers(new Observers([...inner.live.observers.entries, entry]));
  // The window of this observer may end before those of all other observers.
  if (entry.counts) dispatcher.wake();
  return subscription(() => {
    const { entries } = inner.live.observers;
    if (!entries.includes(entry)) return;
    inner.live = inner.live.withObservers(new Observers(entries.filter((each) => each !== entry)));
    entry.close(dispatcher);
  });
}
