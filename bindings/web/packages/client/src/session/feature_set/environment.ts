import type { Feature } from "../../repository/feature.ts";
import { isVisibleChange } from "../../text/visible_change.ts";
import { appliedStrategy, featureOf, type Identity, identityOf, type Received } from "./received.ts";

/**
 * The authority of an update, which determines the held features that the update may replace or remove.
 *
 * - `edge`: the source is the Edge. Features that are missing from its lists are removed.
 * - `store`: the source is a store, whose features may be outdated. Features that are missing from its lists are kept.
 * - `late_store`: the source is a store, and the session has recorded that the Edge sent or confirmed a list. The store replaces a held
 *   feature only with a higher version, and never with a feature of another id. Otherwise an outdated copy could bring back another id, an
 *   old key or a former strategy.
 */
export type Authority = "edge" | "store" | "late_store";

/**
 * The effect of an update on features, and its visibility for readers: no feature changed; no property that counts as visible changed, but
 * perhaps others, such as a version or the order of features; or a property that a reader may see changed. Greater effects win.
 */
export type Effect = typeof NONE | typeof INVISIBLE | typeof SEEN;

/** The update changed no feature. */
export const NONE = 0;
/** The update changed no property that counts as visible. */
export const INVISIBLE = 1;
/** The update added or removed a feature, or changed a property that a reader may see, such as a value or a lock. */
export const SEEN = 2;

/**
 * Maximum number of deletes of an environment that are remembered. Further deletes are applied but not remembered, so a late update can
 * bring the feature back.
 */
const MAX_TOMBSTONES = 10_000;

/**
 * The milliseconds for which all lists of the Edge must have had an older version of a feature until it replaces the held one. An Edge that
 * lags behind sends older versions for seconds or minutes, but a database that was restored sends them for good.
 */
const OLDER_FOR = 3_600_000;
/** The least number of these lists. */
const OLDER_LISTS = 3;

/** The time of the first of several lists, and their number with the next one. */
type Lists = readonly [since: number, lists: number];

/**
 * The features of one environment, and the rules that decide which updates are applied.
 */
export class Environment {
  readonly id: string;
  /** The features by key, in their order. */
  features = new Map<string, Feature>();
  /** The last features that readers got. Updates change a copy of them, so that a thousand in one piece copy the map once. */
  #published: ReadonlyMap<string, Feature> | undefined;
  /** The ids of the strategies that an Edge applied (the member `v` of a feature), by feature key. */
  strategies = new Map<string, string>();
  /** The held features of which the last lists of the Edge had older versions, by key. */
  older = new Map<string, Lists>();
  /**
   * The feature keys by feature id, so that a renamed feature is found by its id. `undefined` while each feature has an id of its own, and no
   * update had an id that the feature with its key lacked.
   */
  #keys: Map<string | undefined, string> | undefined;
  /**
   * Versions of deletes by feature id. An applied update of a single feature removes its entry, and a list of the Edge removes all entries.
   */
  readonly #tombstones = new Map<string | undefined, number>();
  /**
   * The elements of the last applied list that are not in `features`, by their positions: elements that are not features, and features that
   * a later one with the same key replaces. A list with the same elements is not applied again.
   */
  #leftOut = new Map<number, string>();

  constructor(id: string) {
    this.id = id;
  }

  /** Applies a list of the environment's features that arrives now, and returns the effect. */
  list(elements: readonly Received[], authority: Authority, now: number): Effect {
    const old = [...this.features.values()];
    const chosen: (Feature | Received)[] = [];
    const onlyAdds = authority !== "edge";
    // Ids and keys in a store's list. Features that such a list does not contain are kept.
    const listed = new Set<string>();
    const older = new Map<string, Lists>();
    let place = 0;
    for (const [position, element] of elements.entries()) {
      const held = old[place];
      const same = held?.json === element.json ? held : undefined;
      if (same !== undefined || !this.#leavesOut(position, element.json)) place++;
      const state = same ?? (element.parts && identityOf(element));
      if (onlyAdds && state !== undefined && this.#buries(state)) continue;
      let kept = state && this.#standing(state, authority);
      if (kept && !onlyAdds) {
        const [since, lists] = this.older.get(kept.key) ?? [now, 1];
        if (lists >= OLDER_LISTS && now - since >= OLDER_FOR) kept = undefined;
        else older.set(kept.key, [since, lists + 1]);
      }
      chosen.push(kept ?? element);
      // An element without a readable key is left out, so such an element does not replace a held feature.
      const named = kept ?? (state?.key ? state : undefined);
      for (const name of [named?.id, named?.key]) if (onlyAdds && name !== undefined) listed.add(name);
    }
    if (onlyAdds) {
      chosen.push(...old.filter(({ id, key }) => !(id !== undefined && listed.has(id)) && !listed.has(key)));
    }
    let known = 0;
    const isSame =
      old.length + this.#leftOut.size === chosen.length &&
      chosen.every(({ json }, position) => this.#leavesOut(position, json) || old[known++]?.json === json);
    if (!onlyAdds) {
      this.#tombstones.clear();
      this.older = older;
    }
    if (isSame) return NONE;
    this.#compile(chosen);
    const isSeen =
      old.length !== this.features.size ||
      old.some(({ key, json }) => {
        const now = this.features.get(key);
        return now === undefined || isVisibleChange(json, now.json);
      });
    return isSeen ? SEEN : INVISIBLE;
  }

  /** Makes the chosen elements the features of the environment. */
  #compile(chosen: readonly (Feature | Received)[]): void {
    const features = new Map<string, Feature>();
    const strategies = new Map<string, string>();
    for (const element of chosen) {
      const feature = "parts" in element ? featureOf(element) : element;
      if (feature === undefined) continue;
      const strategy = "parts" in element ? appliedStrategy(element) : this.strategies.get(element.key);
      // Of two features with the same key, the later one counts, at its own position.
      if (strategy === undefined) strategies.delete(feature.key);
      else strategies.set(feature.key, strategy);
      features.delete(feature.key);
      features.set(feature.key, feature);
    }
    const compiled = [...features.values()];
    let place = 0;
    const leftOut = new Map<number, string>();
    for (const [position, { json }] of chosen.entries()) {
      if (compiled[place]?.json === json) place++;
      else leftOut.set(position, json);
    }
    this.#leftOut = leftOut;
    this.strategies = strategies;
    this.features = features;
    const keys = this.#keysById();
    this.#keys = keys.size < features.size ? keys : undefined;
  }

  /** Returns true if the last applied list had this element at this position, and the element is not a feature of the environment. */
  #leavesOut(position: number, json: string): boolean {
    return this.#leftOut.get(position) === json;
  }

  /** Applies an update of one feature, and returns the effect, or the reason if the JSON is not a feature. */
  feature(element: Received, authority: Authority): Effect | string {
    const feature = featureOf(element);
    if (feature === undefined) {
      return `a feature ${element.parts ? "has no key that is a text" : "is not a JSON object"}`;
    }
    const state = identityOf(element);
    if (this.#buries(state) || this.#standing(state, authority) !== undefined) return NONE;
    this.older.delete(feature.key);
    const held = this.#held(state);
    if (held?.json === feature.json) return NONE;
    const isRenamed = held !== undefined && held.key !== feature.key;
    const old = this.features.get(feature.key);
    if (isRenamed) this.#remove(held);
    // Another feature may have had this key before.
    this.#keys?.delete(old?.id);
    this.#keys?.set(feature.id, feature.key);
    this.#tombstones.delete(feature.id);
    this.strategies.delete(feature.key);
    const strategy = appliedStrategy(element);
    if (strategy !== undefined) this.strategies.set(feature.key, strategy);
    this.#own().set(feature.key, feature);
    return old === undefined || isRenamed || isVisibleChange(old.json, feature.json) ? SEEN : INVISIBLE;
  }

  /**
   * Applies the delete of a feature, and returns the effect, or the reason if the JSON is not an object or has neither an id nor a key. The
   * delete concerns the feature with the same id. If no feature has this id, the delete concerns the feature with the same key, unless both
   * the delete and that feature have ids. The feature is removed unless the version of the delete is above 0 and lower than the version of
   * the feature.
   */
  delete(element: Received): Effect | string {
    if (element.parts === undefined) return "a delete event is not a JSON object";
    const { id, key, version = 0 } = identityOf(element);
    if (id === undefined && key === undefined) return "a delete event has neither id nor key";
    const byId = this.#byId(id, key);
    const byKey = this.#get(key);
    // A delete with an id does not remove a feature with the same key and another id.
    const held = byId ?? (id === undefined || byKey?.id === undefined ? byKey : undefined);
    if (held !== undefined && version > 0 && version < held.version) return NONE;
    if (id !== undefined && version > 0 && this.#tombstones.size < MAX_TOMBSTONES) {
      this.#tombstones.set(id, Math.max(version, this.#tombstones.get(id) ?? version));
    }
    if (held === undefined) return NONE;
    this.#remove(held);
    return SEEN;
  }

  /**
   * Returns the held feature if the received state does not replace it. Returns `undefined` if the state replaces it, or if no such feature
   * is held.
   */
  #standing(state: Identity, authority: Authority): Feature | undefined {
    const held = this.#held(state);
    if (held === undefined) return undefined;
    const version = state.version ?? 0;
    const stays =
      authority === "late_store"
        ? isAnother(state, held) || isAnother(state, this.#get(state.key)) || version <= held.version
        : !isAnother(state, held) && version < held.version;
    return stays ? held : undefined;
  }

  /**
   * Returns true if a remembered delete of the feature has the version of the received state, or a later version. A missing or
   * unreadable version counts as 0.
   */
  #buries({ id, version = 0 }: Identity): boolean {
    const deleted = this.#tombstones.get(id);
    return deleted !== undefined && version <= deleted;
  }

  #remove({ key, id }: Feature): void {
    this.#keys?.delete(id);
    this.strategies.delete(key);
    this.#own().delete(key);
  }

  /** Returns the features for readers. The map never changes. */
  publish(): ReadonlyMap<string, Feature> {
    return (this.#published = this.features);
  }

  /** Returns the features for a change. */
  #own(): Map<string, Feature> {
    if (this.features === this.#published) this.features = new Map(this.features);
    return this.features;
  }

  #keysById(): Map<string | undefined, string> {
    return new Map(Array.from(this.features.values(), ({ id, key }) => [id, key]));
  }

  /** Returns the feature with this id, which most often has the key. */
  #byId(id: string | undefined, key: string | undefined): Feature | undefined {
    const expected = this.#get(key);
    if (!this.#keys && expected?.id === id) return expected;
    return this.#get(id === undefined ? id : (this.#keys ??= this.#keysById()).get(id));
  }

  #get(key: string | undefined): Feature | undefined {
    // A map of texts has no `undefined`.
    return this.features.get(key as string);
  }

  /** Returns the feature that an update concerns: the feature with the update's id, or otherwise the feature with its key. */
  #held({ id, key }: Identity): Feature | undefined {
    if (this.features.size === 0) return undefined;
    return this.#byId(id, key) ?? this.#get(key);
  }
}

/**
 * Returns true if the received state and the held feature have different ids. Returns false if either has no id. Versions of different
 * features cannot be compared.
 */
function isAnother(state: Identity, held: Feature | undefined): boolean {
  return state.id !== undefined && held?.id !== undefined && state.id !== held.id;
}
