import type { Publication } from "../publication.ts";
import { type Entry, type Environments, Rules } from "../rules.ts";
import type { SessionStatus } from "../status.ts";
import { sameAttributes } from "../../attributes.ts";
import { differences } from "./difference.ts";
import { isOtherState } from "./listen.ts";
import type { Inner } from "./mod.ts";

/** Serves features, or keeps them for a release while updates are held back. */
export function publish(inner: Inner, { rules, cause }: Publication): void {
  const { write, live, core } = inner;
  if (write.isClosed) return;
  const isVisible = cause === "change";
  const isFirst = cause === "first";
  const isHeld = inner.isCatching && !isFirst;
  const before = write.latest ?? live.rules;
  write.latest = rules;
  const isNews = isVisible && live.hasList && core.eventQueue.wants("newState");
  const keys = isNews ? differ(inner, before, rules) : [];
  if (isHeld) {
    if (isVisible) write.isHolding = areDifferent(inner, live.rules, rules);
    const relabelled = isVisible ? undefined : relabel(live.rules, rules);
    if (relabelled) {
      inner.live = live.withRules(relabelled, live.hasList);
      core.hasChanged = true;
    }
  } else {
    write.isHolding = false;
    inner.live = live.withRules(rules, live.hasList || isFirst);
    core.hasChanged = true;
  }
  if (keys.length > 0) core.push({ kind: "newState", of: { isHeld, keys } });
  write.waitingTasks.updated();
  core.dispatcher.wake();
}

/** Removes the features of environments, both the served and the held features. */
export function revoke(inner: Inner, environments: readonly string[]): void {
  const { write, live, core } = inner;
  if (write.isClosed) return;
  const served = live.rules.withoutEnvironments(environments);
  if (write.latest) {
    const isServed = write.latest === live.rules;
    write.latest = (isServed ? served : write.latest.withoutEnvironments(environments)) ?? write.latest;
  }
  if (!served) {
    write.waitingTasks.updated();
    return;
  }
  const latest = write.latest;
  write.isHolding = write.isHolding && latest !== undefined && areDifferent(inner, served, latest);
  if (live.hasList && core.eventQueue.wants("newState")) {
    core.push({ kind: "newState", of: { isHeld: false, keys: differ(inner, live.rules, served) } });
  }
  serve(inner, served);
}

/** Returns the keys of the held features that visibly differ from the served features; `undefined` if none is held. */
export function held({ write, live, core }: Inner): string[] | undefined {
  if (!write.isHolding || !write.latest) return undefined;
  return differences(live.rules, write.latest, core.isVisibleChange);
}

/** Publishes a status. */
export function setStatus(inner: Inner, status: SessionStatus): void {
  if (inner.write.isClosed) return;
  const isNews = show(inner, status);
  inner.write.waitingTasks.updated();
  if (isNews) inner.core.dispatcher.wake();
}

/** Closes the repository. */
export function close(inner: Inner): void {
  const { write } = inner;
  if (write.isClosed) return;
  write.isClosed = true;
  show(inner, { ...inner.live.status, readiness: "CLOSED" });
  write.waitingTasks.updated();
  inner.core.dispatcher.wake();
}

/** Serves the last update. Later updates are held back only if `goesOn` is true. */
export function release(inner: Inner, goesOn: boolean): void {
  const { write, live } = inner;
  if (!goesOn) inner.isCatching = false;
  if (write.isClosed) return;
  write.isHolding = false;
  if (write.latest && write.latest !== live.rules) serve(inner, write.latest);
}

/** Serves the last state of the features with these keys only. */
export function releaseOnly(inner: Inner, keys: readonly string[]): void {
  const { write, live } = inner;
  const { latest } = write;
  if (write.isClosed || !latest || latest === live.rules) return;
  const merged = merge(live.rules, latest, keys);
  // If the served features no longer differ from the last update, the last update itself is served.
  const next = sameFeatures(merged, latest) ? latest : merged;
  write.isHolding = write.isHolding && areDifferent(inner, next, latest);
  serve(inner, next);
}

/**
 * Stores a status in the snapshot. If connection, problem or readiness changed, queues events for listeners and returns true;
 * otherwise returns false.
 */
function show(inner: Inner, status: SessionStatus): boolean {
  const { write, live, core } = inner;
  const { readiness } = status;
  inner.live = live.withStatus(status);
  if (live.readiness !== readiness) {
    const isFirst = readiness === "READY" && !write.wasReady;
    if (readiness === "READY") write.wasReady = true;
    if (readiness === "NOT_READY") write.wasReady = false;
    core.hasChanged = true;
    core.push({ kind: "readiness", of: { readiness, isFirst, status } });
  }
  const isOther = isOtherState(live.status, status);
  if (isOther) core.push({ kind: "status", of: status });
  return isOther;
}

/** Serves `rules` in place of the present rules. */
function serve(inner: Inner, rules: Rules): void {
  inner.live = inner.live.withRules(rules, inner.live.hasList);
  inner.write.waitingTasks.updated();
  inner.compareAgain();
}

function differ(inner: Inner, older: Rules, newer: Rules): string[] {
  return differences(older, newer, inner.core.isVisibleChange);
}

function areDifferent(inner: Inner, older: Rules, newer: Rules): boolean {
  return differ(inner, older, newer).length > 0;
}

/**
 * Returns `live` with the contexts of `latest`; `undefined` if the contexts are the same, or if the client evaluates the features
 * of one of the two. A client that keeps its values while the Edge evaluates a new context (D-62) keeps the served values, not the
 * held values.
 */
function relabel(live: Rules, latest: Rules): Rules | undefined {
  const [old, now] = [live.evaluatedFor, latest.evaluatedFor];
  if (!old || !now) return undefined;
  const { context, keptFor } = now;
  const isKept = keptFor && old.keptFor ? sameAttributes(keptFor, old.keptFor) : keptFor === old.keptFor;
  if (isKept && sameAttributes(old.context, context)) return undefined;
  return new Rules(live.entries, live.environments, { context, keptFor, strategies: old.strategies });
}

/**
 * Returns a copy of `live`, in which the features with these keys have the state that they have in `latest`. Returns `latest` if the
 * two sets of rules are for different contexts or for different kinds of API keys.
 */
function merge(live: Rules, latest: Rules, keys: readonly string[]): Rules {
  const [old, now] = [live.evaluatedFor, latest.evaluatedFor];
  if (old && now ? !sameAttributes(old.context, now.context) : old !== now) return latest;
  const entries = new Map(live.entries);
  const strategies = new Map(old?.strategies);
  for (const key of keys) {
    put(entries, key, latest.entries.get(key));
    put(strategies, key, now?.strategies.get(key));
  }
  return new Rules(entries, mergedEnvironments(live, latest, keys, entries), old && { ...old, strategies });
}

function mergedEnvironments(
  live: Rules,
  latest: Rules,
  keys: readonly string[],
  entries: ReadonlyMap<string, Entry>,
): Environments {
  const [old, now] = [live.environments, latest.environments];
  if (old.kind === "one" && now.kind === "one" && old.id === now.id) return old;
  if (old.kind === "unknown" && now.kind === "unknown") return old;
  const byKey = new Map<string, string>();
  for (const key of entries.keys()) put(byKey, key, (keys.includes(key) ? latest : live).environmentOf(key));
  return { kind: "several", byKey };
}

/** Sets an entry of a map, or deletes it if there is no value. */
function put<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

/** Returns true if both sets of rules hold the same features with the same JSON. */
function sameFeatures(left: Rules, right: Rules): boolean {
  if (left.size !== right.size) return false;
  for (const feature of right.features()) if (left.get(feature.key)?.json !== feature.json) return false;
  return true;
}
