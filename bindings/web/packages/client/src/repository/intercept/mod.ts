import type { Attributes } from "../../attributes.ts";
import type { Feature } from "../feature.ts";
import type { Value } from "../value.ts";

/**
 * User code that may override the value of a feature before the rules are evaluated.
 *
 * Each read of a value calls the interceptors in the order of their registration until one overrides the value. This holds for
 * reads with or without a context, and also for keys without a feature. Locked features are an exception; see
 * {@link LockPolicy}. Reads that an interceptor makes itself call the interceptors too, but at most four calls are nested. The
 * repository also calls interceptors when it compares values for change listeners, and when it collects the values of all
 * features. Interceptors should therefore be quick, and should return the same value until their own data changes; they then
 * call {@link OverrideChanges.notify}. An interceptor that throws is skipped, and the error is counted. So is a promise, which is
 * refused, and counted again if it is rejected.
 *
 * @example
 * ```ts
 * const alwaysBlue: Interceptor = {
 *   name: "always-blue",
 *   intercept: (read) => (read.key === "COLOUR" ? "blue" : undefined),
 * };
 * ```
 */
export interface Interceptor {
  /** The interceptor's name, which details and notices show. Read once, at registration. */
  readonly name: string;
  /** Returns the value that overrides the read. See {@link Override} for values that do not. */
  intercept(read: InterceptedRead): Override;
  /** Called after each registration with a handle of the repository. */
  registered?(changes: OverrideChanges): unknown;
  /** Called once, when the interceptor was removed, or by the first delivery after the repository was closed. */
  close?(): unknown;
}

/** A read that interceptors may override. */
export interface InterceptedRead {
  /** The key of the feature that is read. A feature with this key need not exist. */
  readonly key: string;
  /** The feature that is read; `undefined` if no feature has the key. */
  readonly feature: Feature | undefined;
  /** The attributes of the read's context; `undefined` for a read without a context. */
  readonly attributes: Attributes | undefined;
}

/**
 * The decision of an interceptor about one read: `undefined` to call the next interceptor, null to override the feature with
 * null, or the value that the read returns.
 *
 * If the feature exists and its type is known, the value is converted to that type. Otherwise a read of a type converts the value
 * to that type, and has no value if this fails. These values can be converted:
 *
 * - to BOOLEAN: a boolean, and the texts `true` and `false`, whatever their case;
 * - to NUMBER: a number, and the text of a decimal number;
 * - to STRING: any value;
 * - to JSON: any value whose text is a JSON document; for a feature that is missing or of unknown type, any value.
 *
 * A value that cannot be converted to the feature's type is refused and counted, and the next interceptor is called.
 */
export type Override = Value | number | null | undefined;

/**
 * The policy of an interceptor for locked features: `respect` leaves the interceptor out of reads of locked features; `override`
 * and `decide` do not, and `decide` says that the interceptor looks at the lock itself.
 */
export type LockPolicy = "respect" | "override" | "decide";

/**
 * A handle with which an interceptor reports that it may return other values than before; see `Interceptor.registered`.
 */
export interface OverrideChanges {
  /** Makes change listeners compare their values again. A call after the repository was closed has no effect. */
  notify(): void;
}
