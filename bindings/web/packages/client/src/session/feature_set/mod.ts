import type { Attributes } from "../../attributes.ts";
import type { Feature } from "../../repository/feature.ts";
import type { Notice } from "../../repository/notice.ts";
import { type Environments, Rules } from "../../repository/rules.ts";
import { equalsIgnoringCase } from "../../text/text.ts";
import { type Authority, type Effect, Environment } from "./environment.ts";
import type { Received } from "./received.ts";
import type { ApiKeys } from "../key.ts";

/** The environments that were dropped, because the new keys do not give access to them. */
export interface Closed {
  readonly environments: readonly string[];
  /** True if at least one of these environments held features. */
  readonly hadFeatures: boolean;
}

/** Maximum number of feature keys for which a notice about several environments is sent. Further keys are not reported. */
const MAX_REPORTED = 1_000;

/**
 * The features of a session, by environment. The environments have the order of the API keys. Environments to which no key gives
 * access, and which only a store has sent, come last.
 */
export class FeatureSet {
  #environments: Environment[] = [];
  /** The feature keys for which a notice about several environments was sent, so that each key is reported at most once. */
  readonly #reported = new Set<string>();

  constructor(keys: ApiKeys) {
    this.open(keys);
  }

  /** Keeps or adds the environments to which the keys give access, and drops all others. Returns the dropped environments. */
  open(keys: ApiKeys): Closed {
    const held = this.#environments;
    this.#environments = [];
    for (const { environment: id } of keys.list) {
      if (this.#find(id) !== undefined) continue;
      const known = held.findIndex((other) => equalsIgnoringCase(other.id, id));
      const last = known < 0 ? undefined : held.pop();
      // The last environment takes the place of the one that is kept, which decides the order of those that are dropped.
      const kept = last && known < held.length ? held.splice(known, 1, last)[0] : last;
      this.#environments.push(kept ?? new Environment(id));
    }
    return {
      environments: held.map(({ id }) => id),
      hadFeatures: held.some(({ features }) => features.size > 0),
    };
  }

  #find(id: string): Environment | undefined {
    return this.#environments.find((held) => equalsIgnoringCase(held.id, id));
  }

  /** Returns the environment with this id, which is added at the end if it is not in the set. */
  environment(id: string): Environment {
    let found = this.#find(id);
    if (found === undefined) this.#environments.push((found = new Environment(id)));
    return found;
  }

  /** Returns the id of the first API key's environment. */
  get firstId(): string {
    return this.#environments[0]?.id ?? "";
  }

  /** Returns true if a key gives access to this environment, or a store has added the environment. */
  knows(id: string): boolean {
    return this.#find(id) !== undefined;
  }

  /** Returns true if this environment holds features. */
  holds(id: string): boolean {
    return (this.#find(id)?.features.size ?? 0) > 0;
  }

  /** Returns true if no environment holds features. */
  get isEmpty(): boolean {
    return this.#environments.every(({ features }) => features.size === 0);
  }

  /** Drops all features, and the record of deleted features. */
  forget(): void {
    this.#environments = this.#environments.map(({ id }) => new Environment(id));
  }

  /** Applies a list of the features of an environment that arrives now, and returns the effect. */
  list(id: string, features: readonly Received[], authority: Authority, now: number): Effect {
    return this.environment(id).list(features, authority, now);
  }

  /** Applies an update of one feature, and returns the effect, or the reason if the JSON is not a feature. */
  feature(id: string, element: Received, authority: Authority): Effect | string {
    return this.environment(id).feature(element, authority);
  }

  /** Applies the delete of a feature, and returns the effect, or the reason if the JSON does not identify a feature. */
  delete(id: string, element: Received): Effect | string {
    return this.environment(id).delete(element);
  }

  /**
   * Returns the rules that readers evaluate. `context` is the context for which an Edge has evaluated the features; `undefined` if the client
   * evaluates them. If `context` and `keptFor` are given, the values are served for both contexts.
   */
  rules(
    context: Attributes | undefined,
    keptFor: Attributes | undefined,
    notice: (notice: Notice) => void,
  ): Rules {
    const full = this.#environments.filter(({ features }) => features.size > 0);
    const only = full[0] ?? this.#environments[0];
    const [features, environments]: [ReadonlyMap<string, Feature>, Environments] =
      full.length > 1
        ? this.#merged(notice)
        : only
          ? [only.publish(), { kind: "one", id: only.id }]
          : [new Map(), { kind: "unknown" }];
    const strategies = new Map<string, string>();
    // The strategies of the earliest environment are added last, so that they replace those of later environments.
    for (const environment of this.#environments.toReversed()) {
      if (strategies.size > 0) for (const key of environment.features.keys()) strategies.delete(key);
      for (const [key, strategy] of environment.strategies) strategies.set(key, strategy);
    }
    return new Rules(features, environments, context && { context, keptFor, strategies });
  }

  /**
   * Returns the features of all environments. If several environments have a feature with the same key, the feature of the earliest
   * environment is used.
   */
  #merged(notice: (notice: Notice) => void): [Map<string, Feature>, Environments] {
    const byKey = new Map<string, string>();
    const features = new Map<string, Feature>();
    for (const environment of this.#environments) {
      for (const feature of environment.features.values()) {
        const answers = byKey.get(feature.key);
        if (answers === undefined) {
          byKey.set(feature.key, environment.id);
          features.set(feature.key, feature);
        } else if (this.#reported.size < MAX_REPORTED && !this.#reported.has(feature.key)) {
          this.#reported.add(feature.key);
          notice({ kind: "key_in_several_environments", feature: feature.key, answers });
        }
      }
    }
    return [features, { kind: "several", byKey }];
  }
}
