/**
 * The reason why a test update failed.
 *
 * - `nonsense`: status 400; for example, the value does not fit the feature's type.
 * - `not_permitted`: status 401 or 403; the API key has no permission for this update.
 * - `no_such_feature`: status 404; the Edge does not know the API key or the feature. Also for the keys `.` and `..`, which no URL can contain.
 * - `locked`: status 412; the feature is locked. To change its value, unlock it in the same update.
 * - `not_possible`: status 412; the value of a BOOLEAN feature cannot be null.
 * - `not_applied`: the Edge accepted the update, but the client did not receive the change within about 10 seconds.
 * - `unexpected`: the Edge answered with another status.
 */
export type RefusalReason =
  "nonsense" | "not_permitted" | "no_such_feature" | "locked" | "not_possible" | "not_applied" | "unexpected";

/**
 * The error of a test update that did not succeed. If the Edge cannot be reached or the client is closed, the error is an
 * {@link EdgeProblem}.
 *
 * @example
 * ```ts
 * try {
 *   await client.testUpdates().set("COLOUR", { value: "blue" });
 * } catch (error) {
 *   if (error instanceof Refused && error.reason === "locked") console.log("unlock the feature first");
 * }
 * ```
 */
export class Refused extends Error {
  override readonly name = "Refused";
  /** The reason for the failure. */
  readonly reason: RefusalReason;
  /** The status of the Edge's response; `undefined` for `not_applied`. */
  readonly status: number | undefined;
  /** The text of the Edge's response, at most 500 characters; empty if the Edge gives none. */
  readonly details: string;

  /** @internal */
  constructor(message: string, reason: RefusalReason, status?: number, details = "") {
    super(details === "" ? message : `${message}: ${details}`);
    this.reason = reason;
    this.status = status;
    this.details = details;
  }
}
