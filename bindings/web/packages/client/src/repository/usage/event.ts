import type { Attributes } from "../../attributes.ts";
import type { Answer } from "../answer.ts";
import type { Reason } from "../reason.ts";
import type { Rules } from "../rules.ts";
import { Decimal, Json, type Kind, type Value } from "../value.ts";

/** The data that the user's code adds to a named event, by name. */
export type Params = Readonly<Record<string, unknown>>;

/** An event that reports the use of features. Times are in milliseconds since 1970. */
export type UsageEvent = Evaluated | Collection | Named;

/** The read of one feature. */
export interface Evaluated {
  readonly kind: "evaluated";
  /** The feature that was read, and its value, even if the read requested another type. */
  readonly feature: UsedFeature;
  /** The reason for the value, for example that a strategy matched. */
  readonly reason: Reason;
  /** The name of the interceptor that returned the value; `undefined` if the value comes from the rules. */
  readonly interceptor: string | undefined;
  /** The context of the read; `undefined` for a read without a context. */
  readonly attributes: Attributes | undefined;
  /** The time of the read. */
  readonly at: number;
}

/**
 * The values of all features that a read without a context returns. This event is created once, by the first delivery while the
 * client is ready and has a list of features. Observers that are registered later do not get it.
 */
export interface Collection {
  readonly kind: "collection";
  /** The features with their values. */
  readonly features: readonly UsedFeature[];
  /** The time of the event. */
  readonly at: number;
}

/** An event that the user's code reports by name, with the values of all features for a context. */
export interface Named {
  readonly kind: "named";
  /** The name that the user's code gave to the event. */
  readonly name: string;
  /** The data that the user's code adds to the event. */
  readonly params: Params;
  /** All features, with their values for the context. Features for which a read has no value are left out; null is a value. */
  readonly features: readonly UsedFeature[];
  /** The context of the event; `undefined` if the event has no context. */
  readonly attributes: Attributes | undefined;
  /** The time of the event. */
  readonly at: number;
}

/** A feature, and the value that a usage event reports for it. */
export interface UsedFeature {
  /** The key by which programs read the feature. */
  readonly key: string;
  /** The id of the feature; `undefined` if the payload has no id for it. */
  readonly id: string | undefined;
  /** The id of the feature's environment; `undefined` if the environment is unknown. */
  readonly environment: string | undefined;
  /** The feature's type; `undefined` if the type is unknown. */
  readonly kind: Kind | undefined;
  /** The value of the feature; `undefined` if the value is null. */
  readonly value: Value | undefined;
  /** The id of the strategy that matched; `undefined` if none is known, or if an interceptor returned the value. */
  readonly strategyId: string | undefined;
  /** The version of the feature's value. */
  readonly version: number;
}

/** Returns the feature and the value from the result of a read; `undefined` if the feature does not exist. */
export function usedFeature(rules: Rules, key: string, answer: Answer): UsedFeature | undefined {
  const { feature, value, strategyId } = answer;
  if (feature === undefined) return undefined;
  const { id, kind, version } = feature;
  return { key, id, environment: rules.environmentOf(key), kind, value, strategyId, version };
}

/**
 * Returns a feature's value as text for statistics: `on` or `off` for a boolean, the decimal text of a number, or the text of
 * another value that is not JSON. Returns `undefined` for JSON and null.
 *
 * @example
 * ```ts
 * client.observe({
 *   observe: (event) => {
 *     if (event.kind === "evaluated") console.log(event.feature.key, usageText(event.feature)); // NEW_CHECKOUT on
 *   },
 * });
 * ```
 */
export function usageText({ value }: UsedFeature): string | undefined {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (value instanceof Decimal) return value.text;
  return value instanceof Json ? undefined : value;
}

/**
 * Returns the user key of a context, or the session if there is no user key; `undefined` if the context has neither.
 *
 * @example
 * ```ts
 * console.log(userKey(mara.attributes)); // "mara"
 * ```
 */
export function userKey(attributes: Attributes | undefined): string | undefined {
  return (attributes?.get("userkey") ?? attributes?.get("session"))?.[0];
}

/**
 * Returns an event's name in published SDKs: `feature`, `feature-collection`, or the name that the user's code gave.
 *
 * @example
 * ```ts
 * client.observe({ observe: (event) => console.log(eventName(event)) });
 * ```
 */
export function eventName(event: UsageEvent): string {
  if (event.kind === "named") return event.name;
  return event.kind === "evaluated" ? "feature" : "feature-collection";
}

/**
 * Returns the event as one flat record, in the form in which published SDKs send it. The members are added in
 * the following order. If two members have the same name, the later member is used:
 *
 * - for the read of one feature: attributes, then `feature` (the feature's key), `value`, `id` and `environmentId`;
 * - for several features: params, then the features' texts by their keys, then attributes.
 *
 * Values and ids of features are left out if they have no text. The record has no separate member for the user key, but it
 * contains the attributes.
 *
 * @example
 * ```ts
 * client.observe({ observe: (event) => console.log(JSON.stringify(eventRecord(event))) });
 * ```
 */
export function eventRecord(event: UsageEvent): Record<string, unknown> {
  const record = new Map<string, unknown>(event.kind === "named" ? Object.entries(event.params) : []);
  const addText = (name: string, text: string | undefined) => {
    if (text !== undefined) record.set(name, text);
  };
  const addAttributes = (attributes: Attributes | undefined) => {
    for (const [name, values] of attributes ?? []) record.set(name, values.length === 1 ? values[0] : values);
  };
  if (event.kind === "evaluated") {
    addAttributes(event.attributes);
    addText("feature", event.feature.key);
    addText("value", usageText(event.feature));
    addText("id", event.feature.id);
    addText("environmentId", event.feature.environment);
  } else {
    for (const feature of event.features) addText(feature.key, usageText(feature));
    if (event.kind === "named") addAttributes(event.attributes);
  }
  return Object.fromEntries(record);
}
