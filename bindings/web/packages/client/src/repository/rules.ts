import { type Attributes, sameAttributes } from "../attributes.ts";
import { lowerCase } from "../text/text.ts";
import type { Feature } from "./feature.ts";

/**
 * The environments to which a set of features belongs: unknown; one environment, with its id; or several, with the id by feature
 * key.
 */
export type Environments =
  | { readonly kind: "unknown" }
  | { readonly kind: "one"; readonly id: string }
  | { readonly kind: "several"; readonly byKey: ReadonlyMap<string, string> };

/** The data about features that an Edge has evaluated for a context. */
export interface ServerEvaluated {
  /** The context for which the Edge evaluated the features. */
  readonly context: Attributes;
  /**
   * Another context for which these values are served until the Edge has evaluated the features for that context.
   * `undefined` if the values are served only for `context`.
   */
  readonly keptFor: Attributes | undefined;
  /** The ids of the strategies that matched, by feature key. A feature has no entry if the Edge reports no strategy for it. */
  readonly strategies: ReadonlyMap<string, string>;
}

/** Returns true if the values may be served for this context. */
export function answersFor(evaluated: ServerEvaluated, context: Attributes): boolean {
  const { context: own, keptFor } = evaluated;
  return sameAttributes(own, context) || (keptFor !== undefined && sameAttributes(keptFor, context));
}

/**
 * Immutable features, at most one for each key. If several environments have a feature with the same key, a session includes only
 * the feature of the earliest API key's environment.
 */
export class Rules {
  /** The features by key, in their order. */
  readonly entries: ReadonlyMap<string, Feature>;
  /** The environments to which the features belong. */
  readonly environments: Environments;
  /** The data about the Edge's evaluation; `undefined` if the client evaluates the features. */
  readonly evaluatedFor: ServerEvaluated | undefined;

  constructor(
    entries: ReadonlyMap<string, Feature>,
    environments: Environments,
    evaluatedFor?: ServerEvaluated,
  ) {
    this.entries = entries;
    this.environments = environments;
    this.evaluatedFor = evaluatedFor;
  }

  /** Number of features. */
  get size(): number {
    return this.entries.size;
  }

  /** Returns the feature with this key; `undefined` if there is none. */
  get(key: string): Feature | undefined {
    return this.entries.get(key);
  }

  /** Returns the features, in their order. */
  features(): IterableIterator<Feature> {
    return this.entries.values();
  }

  /**
   * Returns the id of the environment of the feature with this key; `undefined` if the environment is unknown. If all features
   * belong to one environment, returns its id for any key.
   */
  environmentOf(key: string): string | undefined {
    switch (this.environments.kind) {
      case "unknown":
        return undefined;
      case "one":
        return this.environments.id;
      case "several":
        return this.environments.byKey.get(key);
    }
  }

  /**
   * Returns the rules without the features of the given environments; `undefined` if the rules have no such features. The case of
   * ASCII letters in ids is ignored.
   */
  withoutEnvironments(environments: readonly string[]): Rules | undefined {
    const gone = new Set(environments.map(lowerCase));
    const left = new Map<string, Feature>();
    for (const [key, feature] of this.entries) {
      const id = this.environmentOf(key);
      if (id === undefined || !gone.has(lowerCase(id))) left.set(key, feature);
    }
    if (left.size === this.size) return undefined;
    const kept = <T>(by: ReadonlyMap<string, T>) =>
      new Map([...by].filter(([key]) => left.has(key) || !this.entries.has(key)));
    const { environments: ids, evaluatedFor } = this;
    return new Rules(
      left,
      ids.kind === "several" ? { kind: "several", byKey: kept(ids.byKey) } : ids,
      evaluatedFor && { ...evaluatedFor, strategies: kept(evaluatedFor.strategies) },
    );
  }
}

/** The rules of a client that has received no features. */
export const NO_RULES: Rules = new Rules(new Map(), { kind: "unknown" });

/**
 * Returns rules of these features. Of two features with the same key, the later one counts. Without `evaluatedFor` the client evaluates them,
 * for any context, after `compiled` has given them a ruleset.
 */
export function rulesOf(
  features: Iterable<Feature>,
  environments: Environments,
  evaluatedFor?: ServerEvaluated,
): Rules {
  const entries = Array.from(features, (feature) => [feature.key, feature] as const);
  return new Rules(new Map(entries), environments, evaluatedFor);
}
