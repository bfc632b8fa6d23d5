import { sameAttributes } from "../../attributes.ts";
import { wake } from "../dispatcher.ts";
import type { Publication } from "../publication.ts";
import type { Feature } from "../feature.ts";
import { type Environments, Rules } from "../rules.ts";
import type { SessionStatus } from "../status.ts";
import { differences } from "./difference.ts";
import { push } from "./core.ts";
import { isOtherState } from "./listen.ts";
import type { Repository } from "./mod.ts";

/**
 * Serves features, or keeps them for a release while updates are held back, unless the cause is `first`. Features that the client evaluates
 * must be compiled.
 */
export function publish(repository: Repository, { rules, cause }: Publication): void {
  const { live } = repository;
  if (repository.isClosed) return;
  const isVisible = cause === "change";
  const isFirst = cause === "first";
  const isHeld = repository.isCatching && !isFirst;
  const before = repository.latest ?? live.rules;
  repository.latest = rules;
  const keys =
    isVisible && live.hasList && repository.events.wants("newState") ? differ(repository, before, rules) : [];
  if (isHeld) {
    if (isVisible) repository.isHolding = areDifferent(repository, live.rules, rules);
    const relabelled = isVisible ? undefined : relabel(live.rules, rules);
    if (relabelled) replace(repository, relabelled);
  } else {
    repository.isHolding = false;
    replace(repository, rules, isFirst);
  }
  if (keys.length > 0) push(repository, { kind: "newState", of: { isHeld, keys } });
  repository.tasks.updated();
  wake(repository);
}

/**
 * Removes the features of the environments with these ids at once, both the served and the held features. The case of letters in ids is
 * ignored. Features of unknown environments stay, and held features of other environments stay held.
 */
export function revoke(repository: Repository, environments: readonly string[]): void {
  const { live, latest } = repository;
  if (repository.isClosed) return;
  const served = live.rules.withoutEnvironments(environments);
  if (latest) {
    repository.latest = (latest === live.rules ? served : latest.withoutEnvironments(environments)) ?? latest;
  }
  if (!served) {
    repository.tasks.updated();
    return;
  }
  repository.isHolding &&=
    repository.latest !== undefined && areDifferent(repository, served, repository.latest);
  if (live.hasList && repository.events.wants("newState")) {
    push(repository, {
      kind: "newState",
      of: { isHeld: false, keys: differ(repository, live.rules, served) },
    });
  }
  serve(repository, served);
}

/**
 * Returns the keys of the held features: those that the last update adds, removes, or changes visibly, compared with the served features;
 * `undefined` if none is held.
 */
export function held(repository: Repository): string[] | undefined {
  const { isHolding, latest, live } = repository;
  return isHolding && latest ? differ(repository, live.rules, latest) : undefined;
}

/**
 * Publishes a status, even while updates are held back. The caller must publish features before a status that reports the client as ready.
 */
export function setStatus(repository: Repository, status: SessionStatus): void {
  if (repository.isClosed) return;
  const isNews = show(repository, status);
  repository.tasks.updated();
  if (isNews) wake(repository);
}

/**
 * Closes the repository. The next delivery notifies listeners of the readiness `CLOSED` and removes the listeners. It also closes each
 * interceptor and each observer once. Listeners that are registered after that delivery are not called. Reads continue to return values.
 * Later publications, statuses, revocations and releases have no effect, and neither has closing twice.
 */
export function close(repository: Repository): void {
  if (repository.isClosed) return;
  repository.isClosed = true;
  show(repository, { ...repository.status, readiness: "CLOSED" });
  repository.tasks.updated();
  wake(repository);
}

/** Serves the last update. Later updates are held back only if `goesOn` is true. */
export function release(repository: Repository, goesOn: boolean): void {
  const { latest, live } = repository;
  if (!goesOn) repository.isCatching = false;
  if (repository.isClosed) return;
  repository.isHolding = false;
  if (latest && latest !== live.rules) serve(repository, latest);
}

/**
 * Serves the last state of the features with these keys only, and continues to hold back all other changes. A feature that was deleted
 * meanwhile is removed. If the last update was evaluated for another context than the served features, or with another kind of API key,
 * the whole update is served. Without keys, nothing is served.
 */
export function releaseOnly(repository: Repository, keys: readonly string[]): void {
  const { latest, live } = repository;
  if (keys.length === 0 || repository.isClosed || !latest || latest === live.rules) return;
  const merged = merge(live.rules, latest, keys);
  // If the served features no longer differ from the last update, the last update itself is served.
  const next = sameFeatures(merged, latest) ? latest : merged;
  repository.isHolding &&= areDifferent(repository, next, latest);
  serve(repository, next);
}

/**
 * Stores a status in the snapshot. If connection, problem or readiness changed, queues events for listeners and returns true;
 * otherwise returns false.
 */
function show(repository: Repository, status: SessionStatus): boolean {
  const { live } = repository;
  const { readiness } = status;
  repository.live = live.withStatus(status);
  if (live.readiness !== readiness) {
    const isReady = readiness === "READY";
    const isFirst = isReady && !repository.wasReady;
    if (isReady || readiness === "NOT_READY") repository.wasReady = isReady;
    repository.hasChanged = true;
    push(repository, { kind: "readiness", of: { readiness, isFirst, status } });
  }
  const isOther = isOtherState(live.status, status);
  if (isOther) push(repository, { kind: "status", of: status });
  return isOther;
}

/** Puts `rules` in the place of the present rules. `isList` is true if they are a first list of features. */
function replace(repository: Repository, rules: Rules, isList = false): void {
  const { live } = repository;
  repository.live = live.withRules(rules, live.hasList || isList);
  repository.hasChanged = true;
}

/** Serves `rules` in place of the present rules. */
function serve(repository: Repository, rules: Rules): void {
  replace(repository, rules);
  repository.tasks.updated();
  wake(repository);
}

function differ(repository: Repository, older: Rules, newer: Rules): string[] {
  return differences(older, newer, repository.isVisibleChange);
}

function areDifferent(repository: Repository, older: Rules, newer: Rules): boolean {
  return differ(repository, older, newer).length > 0;
}

/**
 * Returns `live` with the contexts of `latest`; `undefined` if the contexts are the same, or if the client evaluates the features
 * of one of the two. A client that keeps its values while the Edge evaluates a new context keeps the served values, not the
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
  entries: ReadonlyMap<string, Feature>,
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
