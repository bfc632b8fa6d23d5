/**
 * Values of features that travel with a request. All services that read these values see the same values, even if a feature
 * changes meanwhile.
 *
 * The values are one entry, {@link NAME}, of the baggage that OpenTelemetry passes from service to service, such as
 * `fhub=BANNER=hello%20there,LAYOUT,NEW_CHECKOUT=true`. Items are written in the order of their keys. Values are percent-encoded,
 * as are some characters of keys, and a key without a value means null. The carrier of the baggage encodes the whole text once
 * more. A space is written as `%20`; in a value, `+` is read as a space as well.
 *
 * **The sender of a request controls its baggage.** Read baggage only if you trust the senders: every caller can override all
 * features, or those of an {@link AllowedKeys} list.
 *
 * @packageDocumentation
 */

/** The name of the baggage entry that carries the values of features. */
export const NAME = "fhub";

/**
 * Maximum size in bytes of all baggage of a request (W3C Baggage, 3.3.2). Receivers may drop larger baggage altogether, so values
 * that are added and do not fit are left out.
 */
export const MOST_BYTES = 8192;

/** The features whose values may be read from baggage or written to it: `all`, or those with these keys. */
export type AllowedKeys = "all" | ReadonlySet<string>;
