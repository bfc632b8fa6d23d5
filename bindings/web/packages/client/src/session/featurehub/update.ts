import type { Notice } from "../../repository/notice.ts";
import type { Problem } from "../../repository/problem.ts";
import type { Cause, RawKind } from "../../repository/publication.ts";
import { POLLING, type Source, STREAMING } from "../../repository/source.ts";
import { cut, equalsIgnoringCase, fromUtf8 } from "../../text/text.ts";
import { isTooDense, TOO_DENSE } from "../../text/weight.ts";
import type { InputOf } from "../action.ts";
import { FeatureSet } from "../feature_set/mod.ts";
import { add, type Answered, environments, list, one } from "../feature_set/answer.ts";
import { type Authority, type Effect, INVISIBLE, NONE, SEEN } from "../feature_set/environment.ts";
import { namesAnother, otherEnvironment } from "../feature_set/foreign.ts";
import { isFeature, type Received } from "../feature_set/received.ts";
import { type Core, evaluatedFor, evaluatesHere, keptFor } from "./core.ts";
import { hadContact, refused, withoutRefusal } from "./access.ts";
import { CURRENT, isOfEarlierContext, isServed, UNSERVED } from "./held.ts";

/** The reason why a body or a list was not applied. */
interface NotApplied {
  readonly problem: Problem;
}

/** The result of applying the body of a poll. */
export interface PollOutcome {
  /** The problem of the body; `undefined` if the body had no problem. */
  readonly doubt: Problem | undefined;
  /**
   * True if the body's etag describes the held features: each list was usable, none was empty, which may be due to a failure of the
   * Edge, and none had an older version of a held feature.
   */
  readonly isWhole: boolean;
}

const NO_ENVIRONMENTS: Problem = { code: "no_environments" };
const EMPTY_LIST: Problem = { code: "empty_list" };

/**
 * Applies the body of a poll. Fails if the body cannot be parsed, holds no environment of the API keys, or holds no usable list for a new
 * context or a new kind of key.
 */
export function applyAnswer(core: Core, body: string): PollOutcome | NotApplied {
  const dense = densityOf(core, body);
  if (dense) return { problem: dense };
  const answered = environments(body);
  if (typeof answered === "string") return { problem: { code: "malformed", text: answered } };
  const { features, keys } = core;
  const isSeveral = keys.areSeveral || answered.length > 1;
  const first = features.firstId;
  const entries: (readonly [id: string, entry: Answered])[] = [];
  let unknown = 0;
  let firstUnknown = "";
  for (const entry of answered) {
    const said =
      entry.id !== undefined && (isSeveral || namesAnother(first, entry.id)) ? entry.id : undefined;
    if (said !== undefined && !features.knows(said)) {
      // No key gives access to this environment, and no later list would remove its features.
      if (unknown++ === 0) firstUnknown = cut(said, 100);
      core.status.foreignFeatures += entry.listed?.features.length ?? 0;
      continue;
    }
    // An entry without id belongs to the first environment. Another entry may have the id of the first environment.
    const id = said ?? first;
    const same = entries.find(([other]) => equalsIgnoringCase(other, id));
    if (same) add(same[1], entry.listed);
    else entries.push([id, entry]);
  }
  if (unknown > 0) {
    const what = `environments that no API key of the client may read: ${unknown}, the first is ${firstUnknown}`;
    notify(core, { kind: "ignored", what });
  }
  if (entries.length === 0) {
    // Before the first list, this response makes the client Failed. Later it changes no feature (D-68).
    core.access = refused(core.access);
    return { problem: NO_ENVIRONMENTS };
  }
  // A list whose features all belong to other environments does not count as a list.
  let further = 0;
  const owned = entries.map(([id, { listed }]) => {
    further += listed?.further ?? 0;
    return [id, listed && own(core, id, listed.features)] as const;
  });
  countFurther(core, further);
  const lists = owned.map(([id, features]) => [id, usable(core, id, features)] as const);
  const hasDoubt = lists.some(([, elements]) => elements === undefined);
  const hasList = lists.some(([, elements]) => elements !== undefined);
  if (!beginAnew(core, hasList)) return { problem: EMPTY_LIST };
  let applied: Effect | undefined;
  for (const [id, elements] of lists) {
    if (elements === undefined) continue;
    const effect = features.list(id, elements, "edge", core.now);
    if (applied === undefined || effect > applied) applied = effect;
  }
  record(core, POLLING, applied);
  raw(core, POLLING, isSeveral ? undefined : features.firstId, "list", body);
  // An Edge with a failure of its own may send an empty list with the etag of the features that it could not load.
  const isWhole = lists.every(([id, elements]) => elements?.length && !features.environment(id).older.size);
  return { doubt: hasDoubt ? EMPTY_LIST : undefined, isWhole };
}

/**
 * Returns the problem of a message that has so many small parts that reading it would take too much memory; `undefined` for other messages. The
 * held features stay as they are.
 */
export function densityOf(core: Core, message: string): Problem | undefined {
  return isTooDense(message) ? { code: "too_large", limit: core.config.limits.bytes } : undefined;
}

/** Reports elements of a list that can be no features, beyond those that are kept. */
function countFurther(core: Core, further: number): void {
  if (further === 0) return;
  const what = `${further} further elements of a list of features, which are no features`;
  notify(core, { kind: "ignored", what });
}

/**
 * Returns true if an empty list may be due to a failure of the Edge. This is the case with several keys, and with server-evaluated keys.
 */
function isLenient(core: Core): boolean {
  return core.keys.areSeveral || !evaluatesHere(core);
}

/**
 * Prepares for the first features of a new context or a new kind of key: drops the features of the previous context, because versions of two
 * contexts must not be compared. Returns false if the response holds no usable list, so that the old features do not become those of the new
 * context. Does nothing if the held features are not marked as features of an earlier context.
 */
function beginAnew(core: Core, hasList: boolean): boolean {
  if (!isOfEarlierContext(core.held)) return true;
  if (hasList) core.features.forget();
  return hasList;
}

/**
 * Returns the features without those that name another environment than `id`, which are counted and reported in a notice. Returns `undefined`
 * if features were removed and no other feature is left.
 */
function own(core: Core, id: string, features: readonly Received[]): readonly Received[] | undefined {
  let stranger: string | undefined;
  const left = features.filter((feature) => {
    const said = otherEnvironment(id, feature);
    stranger ??= said;
    return said === undefined;
  });
  if (stranger === undefined) return features;
  const refused = features.length - left.length;
  core.status.foreignFeatures += refused;
  const what = `features in a list or event of another environment: ${refused}, the first feature names the environment ${cut(stranger, 100)}`;
  notify(core, { kind: "ignored", what });
  return left.length > 0 ? left : undefined;
}

/**
 * Returns the features of an entry; `undefined` if the entry has no list, or if its list may be due to a failure of the Edge and would
 * replace held features.
 */
function usable(
  core: Core,
  id: string,
  features: readonly Received[] | undefined,
): readonly Received[] | undefined {
  if (features === undefined) return undefined;
  const isDoubtful = features.length === 0 ? isLenient(core) : !features.some(isFeature);
  return isDoubtful && core.features.holds(id) ? undefined : features;
}

/**
 * Applies the data of a stream's `features` event. Returns the problem of the list, if it has one. Fails if the data cannot be parsed, holds
 * only features of other environments, or is no usable list for a new context or a new kind of key.
 */
export function applyList(core: Core, data: string): Pick<PollOutcome, "doubt"> | NotApplied {
  const received = list(data);
  if (typeof received === "string") return { problem: { code: "malformed", text: received } };
  countFurther(core, received.further);
  const id = core.features.firstId;
  const features = own(core, id, received.features);
  if (features === undefined) return { problem: NO_ENVIRONMENTS };
  const elements = usable(core, id, features);
  if (!beginAnew(core, elements !== undefined)) return { problem: EMPTY_LIST };
  const applied = elements && core.features.list(id, elements, "edge", core.now);
  withoutEtag(core, applied ?? NONE);
  record(core, STREAMING, applied);
  raw(core, STREAMING, id, "list", data);
  return { doubt: elements === undefined ? EMPTY_LIST : undefined };
}

/**
 * Applies the data of a stream's `feature` or `delete_feature` event, unless the data names another environment. Returns the reason if the
 * data is not a feature, or not a delete.
 */
export function applyOne(core: Core, kind: RawKind, data: string): string | undefined {
  const id = core.features.firstId;
  const received = one(data);
  if (typeof received === "string") return received;
  if (own(core, id, [received]) === undefined) return undefined;
  // Before the first list for a new context, the client holds no feature of that context. A single feature is then only checked, against an
  // empty feature set that is dropped afterwards.
  const features = isOfEarlierContext(core.held) ? new FeatureSet(core.keys) : core.features;
  const effect = kind === "delete" ? features.delete(id, received) : features.feature(id, received, "edge");
  if (typeof effect === "string") return effect;
  withoutEtag(core, effect);
  if (core.held.kind === "current" && effect !== NONE) {
    core.status.updated = core.now;
    core.status.source = STREAMING;
    serveAgain(core, effect);
  }
  raw(core, STREAMING, id, kind, data);
  return undefined;
}

/**
 * Returns true if features of a store are accepted. A closed client accepts no features. Neither does a client whose held features are marked
 * as features of an earlier context, because the client cannot know to which context a store's features belong; a notice reports this case.
 * `isList` is true for a list: an offline client gets features of its new context from lists of stores only, so it accepts a list.
 */
function wantsStored(core: Core, source: Source, isList: boolean): boolean {
  if (core.state.kind === "stopped") return false;
  if (!isOfEarlierContext(core.held) || (isList && core.config.mode.kind === "offline")) return true;
  ignored(core, source, "the client has no features yet for its new context or its new kind of API key");
  return false;
}

function storeAuthority(core: Core): Authority {
  return hadContact(core.access) ? "late_store" : "store";
}

/** Applies a store's list of an environment's features. If the list cannot be applied, a notice reports the reason. */
export function stored(core: Core, { source, environment, features: bytes }: InputOf<"stored">): void {
  if (!wantsStored(core, source, true)) return;
  const text = fromUtf8(bytes) ?? "";
  const listed = unusable(text) ?? list(text);
  if (typeof listed === "string") {
    ignored(core, source, listed);
    return;
  }
  countFurther(core, listed.further);
  if (isOfEarlierContext(core.held)) {
    core.features.forget();
    core.held = UNSERVED;
  }
  const effect = core.features.list(environment, listed.features, storeAuthority(core), core.now);
  withoutEtag(core, effect);
  takeStored(core, source, effect);
  raw(core, source, environment, "list", text);
}

/**
 * Applies a store's update of one feature, which is published if features are served already. If the update cannot be applied, a notice
 * reports the reason. No notice reports an update that is outdated.
 */
export function storedFeature(
  core: Core,
  { source, environment, feature: bytes }: InputOf<"stored_feature">,
): void {
  if (!wantsStored(core, source, false)) return;
  const text = fromUtf8(bytes) ?? "";
  const received = unusable(text) ?? one(text);
  const effect =
    typeof received === "string"
      ? received
      : core.features.feature(environment, received, storeAuthority(core));
  if (typeof effect === "string") {
    ignored(core, source, effect);
    return;
  }
  withoutEtag(core, effect);
  if (isServed(core.held) && effect !== NONE) serveAgain(core, effect);
  raw(core, source, environment, "feature", text);
}

/** Returns the reason why the text of a store is not read; `undefined` if it is. */
function unusable(text: string): string | undefined {
  if (text === "") return "the bytes are empty or not UTF-8";
  return isTooDense(text) ? `it has ${TOO_DENSE}` : undefined;
}

/** Drops the etag if an update has changed the held features, because the etag does not describe them any more. */
function withoutEtag(core: Core, effect: Effect): void {
  if (effect !== NONE) core.etag = undefined;
}

function ignored(core: Core, source: Source, why: string): void {
  notify(core, { kind: "store_ignored", source, why });
}

function notify(core: Core, notice: Notice): void {
  core.actions.push({ type: "notice", notice });
}

/**
 * Serves the features of a store's list, unless features are served already and the list changed none. Newly served features make the client
 * ready, but do not count as contact with the Edge.
 */
function takeStored(core: Core, source: Source, effect: Effect): void {
  if (isServed(core.held) && effect === NONE) return;
  core.status.updated ??= core.now;
  core.status.source = source;
  serveCurrent(core, effect);
  core.access = withoutRefusal(core.access);
}

/**
 * Records that the Edge has sent a list, and serves the held features unless they are served already. `applied` is the effect of the list;
 * `undefined` if the list was not applied, so that the held features are as old as before.
 */
function record(core: Core, source: Source, applied: Effect | undefined): void {
  core.access = "granted";
  if (applied === undefined) {
    // If no list was applied before, the client serves features that a stream sent before its first list, or no features.
    core.status.updated ??= core.now;
    core.status.source ??= source;
  } else {
    core.status.updated = core.now;
    core.status.source = source;
  }
  if (core.held.kind !== "current" || applied) serveCurrent(core, applied ?? NONE);
}

/** Serves the held features as the features of the current context. */
function serveCurrent(core: Core, effect: Effect): void {
  if (core.held.kind === "current") {
    serveAgain(core, effect);
  } else {
    core.held = CURRENT;
    core.unpublished = "first";
  }
}

/**
 * Marks the served features for publication at the end of the current input. `effect` decides the cause of the publication. If one input marks
 * them several times, `first` takes precedence over `change`, and `change` over `invisible`.
 */
export function serveAgain(core: Core, effect: Effect): void {
  const cause: Cause = effect === SEEN ? "change" : "invisible";
  if (core.unpublished === undefined || (core.unpublished === "invisible" && effect > INVISIBLE)) {
    core.unpublished = cause;
  }
}

/** Publishes the held features if they are marked for publication. */
export function publish(core: Core): void {
  const cause = core.unpublished;
  if (cause === undefined) return;
  core.unpublished = undefined;
  const rules = core.features.rules(evaluatedFor(core), keptFor(core), (notice) => {
    notify(core, notice);
  });
  core.actions.push({ type: "publish", publication: { rules, cause } });
}

function raw(core: Core, source: Source, environment: string | undefined, kind: RawKind, json: string): void {
  core.actions.push({ type: "raw", update: { source, environment, kind, json } });
}
