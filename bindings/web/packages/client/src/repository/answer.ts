import type { Feature } from "./feature.ts";
import { lenient } from "./intercept/convert.ts";
import type { Reason } from "./reason.ts";
import type { Kind, Value } from "./value.ts";

/** The result of a read, from which the value is converted to the requested type. */
export class Answer {
  /** The feature; `undefined` if no feature has the key, or if the client has no features for the context of the read. */
  readonly feature: Feature | undefined;
  /** The value; `undefined` if it is null, or if the read has none. */
  readonly value: Value | undefined;
  /** The reason for the value. If the rules give a null value, the reason says why the evaluation chose null. */
  readonly reason: Reason;
  /** The id of the strategy that matched, in the engine or on the Edge. */
  readonly strategyId: string | undefined;
  /** The name of the interceptor that returned the value. */
  readonly interceptor: string | undefined;
  readonly #kind: Kind | undefined;

  constructor(
    feature: Feature | undefined,
    value: Value | undefined,
    reason: Reason,
    strategyId?: string,
    interceptor?: string,
  ) {
    this.feature = feature;
    this.value = value;
    this.reason = reason;
    this.strategyId = strategyId;
    this.interceptor = interceptor;
    this.#kind = feature?.kind;
  }

  /** True if the client has no features for the read. */
  get isNotReady(): boolean {
    return this.reason === "NOT_READY" || this.reason === "OTHER_CONTEXT";
  }

  /** Returns the value of a read as the type `kind`, by default that of the feature; `undefined` if it is null or has another type. */
  as(kind: Kind | undefined = this.#kind): Value | undefined {
    const { value } = this;
    if (value === undefined) return undefined;
    const known = this.#kind;
    if (this.interceptor !== undefined && known === undefined) return kind && lenient(value, kind);
    // The value of a NUMBER feature is a text if it is no number.
    return known === kind && !(kind === "NUMBER" && typeof value === "string") ? value : undefined;
  }

  /** Returns the reason of a read as the type `kind`. */
  reasonAs(kind: Kind): Reason {
    const { feature, interceptor, reason } = this;
    if (this.as(kind) !== undefined || reason === "ERROR") return reason;
    if (feature === undefined && interceptor === undefined) return reason;
    const isOfKind = this.#kind === kind || (interceptor !== undefined && this.#kind === undefined);
    return this.value === undefined && isOfKind ? "NOT_SET" : "TYPE_MISMATCH";
  }
}
