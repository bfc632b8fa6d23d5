import type { GivenAttributes } from "../../attributes.ts";
import type { Answer } from "../answer.ts";
import type { Reason } from "../reason.ts";
import type { Source } from "../source.ts";
import type { Kind, Value } from "../value.ts";
import type { Rules } from "../rules.ts";
import type { SessionStatus } from "../status.ts";

/**
 * The value of a feature for a context, its reason, and further data of the feature. If the client has no features for the context
 * and no interceptor overrides the feature, the feature counts as missing, and the reason is `NOT_READY` or `OTHER_CONTEXT`.
 */
export interface Detail {
  /** The key that was read. */
  readonly key: string;
  /**
   * The value; `undefined` if the value is null, if the value has another type than the requested type, or if the feature does not
   * exist and is not overridden.
   */
  readonly value: Value | undefined;
  /** The feature's type; `undefined` if the feature does not exist or its type is unknown. */
  readonly kind: Kind | undefined;
  /** The reason for the value, for example that a strategy matched. */
  readonly reason: Reason;
  /** The id of the strategy that matched; `undefined` if no id is known, or if no strategy gave the value. */
  readonly strategyId: string | undefined;
  /** The id of the strategy that gave the value; `default` if no such id is known. */
  readonly variant: string;
  /** The name of the interceptor that returned the value; `undefined` if no interceptor overrode the feature. */
  readonly interceptor: string | undefined;
  /** True if the feature exists. An override of a missing feature does not make this true. */
  readonly exists: boolean;
  /** The version of the feature's value, held at ±(2⁵³ − 1); -1 if the feature does not exist. */
  readonly version: number;
  /** The id of the feature; `undefined` if the feature does not exist or has no id. */
  readonly id: string | undefined;
  /** The id of the feature's environment; `undefined` if the feature does not exist or its environment is unknown. */
  readonly environment: string | undefined;
  /** True if the feature exists and is locked. */
  readonly isLocked: boolean;
  /** The source of the features, from the client's status; `undefined` before the first list of features. */
  readonly source: Source | undefined;
  /** True if the Edge has declared the environment stale. */
  readonly isStale: boolean;
  /** A number that increases whenever a read may return another value. */
  readonly generation: number;
  /** Returns the digits of the version; beyond ±(2⁵³ − 1), the number as the payload spells it. */
  versionText(): string;
  /** Returns the names and values of the feature's properties, in the payload's order; empty if the feature does not exist. */
  properties(): [name: string, value: string][];
}

/** The parts of a snapshot that a detail shows. */
interface Shown {
  readonly rules: Rules;
  readonly status: SessionStatus;
  readonly generation: number;
}

/** The parts of a snapshot that an explained detail needs. */
interface Explained extends Shown {
  readonly knowsAllFeatures: boolean;
  isFor(attributes: GivenAttributes | undefined): boolean;
  peek(key: string, attributes: GivenAttributes | undefined): Detail;
}

/** Returns the detail of a read, as the type `kind` if one is given. */
export function detailOf(
  { rules, status, generation }: Shown,
  key: string,
  answer: Answer,
  kind?: Kind,
): Detail {
  const { feature, interceptor } = answer;
  // A strategy gives no value to a read of another type.
  const strategyId = kind === undefined || kind === feature?.kind ? answer.strategyId : undefined;
  return {
    key,
    value: kind === undefined ? answer.value : answer.as(kind),
    kind: feature?.kind,
    reason: kind === undefined ? answer.reason : answer.reasonAs(kind),
    strategyId,
    variant: strategyId ?? "default",
    interceptor,
    exists: feature !== undefined,
    version: feature?.version ?? -1,
    id: feature?.id,
    environment: feature && rules.environmentOf(key),
    isLocked: feature?.isLocked ?? false,
    source: status.source,
    isStale: status.isStale,
    generation,
    versionText: () => feature?.versionText ?? "-1",
    properties: () => feature?.properties() ?? [],
  };
}

/** The result of a read, and the steps of the evaluation. */
export class ExplainedDetail {
  /** The result of the read. */
  readonly detail: Detail;
  /**
   * The evaluation of the rules, strategy by strategy, even if an interceptor returned the value. `undefined` if the feature does
   * not exist, or if the client has no features for the context.
   */
  readonly rules: string | undefined;
  /** False if the client is not ready, has no list of features, or has no features that are valid for the context. */
  readonly hasFeatures: boolean;

  /**
   * Reads a feature.
   *
   * @param rules - returns the engine's explanation of the feature as a text. Not called for a feature that does not exist, or if
   *   the client has no features for the context.
   */
  constructor(
    snapshot: Explained,
    key: string,
    attributes: GivenAttributes | undefined,
    rules: () => string,
  ) {
    const isFor = snapshot.isFor(attributes);
    this.detail = snapshot.peek(key, attributes);
    this.rules = isFor && snapshot.rules.entries.has(key) ? rules() : undefined;
    this.hasFeatures = isFor && snapshot.knowsAllFeatures;
  }

  /** Returns the explanation as a text for people. */
  toString(): string {
    const { key, value, interceptor } = this.detail;
    const has = value === undefined ? "has no value" : `= ${String(value)}`;
    const override =
      interceptor === undefined ? "" : `${key} ${has}: the interceptor ${interceptor} overrides the value\n`;
    const missing =
      this.detail.reason === "OTHER_CONTEXT"
        ? "the server evaluates the features for another context"
        : this.hasFeatures
          ? "there is no such feature"
          : "the client has no features for this context yet";
    return override + (this.rules ?? `${key}: ${missing}`);
  }
}
