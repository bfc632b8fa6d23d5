import type { Attributes } from "../attributes.ts";

/**
 * Settings of one override.
 *
 * @example
 * ```ts
 * const options: OverrideOptions = { evenIfLocked: true };
 * client.overrides.set("NEW_CHECKOUT", true, options);
 * ```
 */
export interface OverrideOptions {
  /** True to override the feature even while it is locked; false by default. */
  readonly evenIfLocked?: boolean | undefined;
}

/** One override, as `Overrides.entries` returns it. */
export interface OverrideEntry extends Required<OverrideOptions> {
  /** The key of the feature. */
  readonly key: string;
  /** The value; null if reads have no value. */
  readonly value: unknown;
  readonly evenIfLocked: boolean;
}

/**
 * Settings of overrides that a request carries.
 *
 * @example
 * ```ts
 * const options: BaggageOptions = { keys: ["NEW_CHECKOUT"] };
 * await client.overrides.fromBaggage("fhub=NEW_CHECKOUT%3Dtrue", mara, options);
 * ```
 */
export interface BaggageOptions extends OverrideOptions {
  /** The features that the sender of the request may override; all by default. */
  readonly keys?: Iterable<string> | undefined;
}

/** The context for whose reads the overrides of a request hold: one that `Client.context` has returned. */
export interface BaggageContext {
  /** The attributes of the context. The overrides belong to this object, not to equal attributes. */
  readonly attributes: Attributes;
}
