/**
 * The record of a client's access: a list of features that the Edge has sent or confirmed, a refusal, both, or neither. Later events may
 * remove parts of the record.
 *
 * - `unknown`: neither a list of features nor a refusal is recorded.
 * - `refused`: a refusal is recorded, but no list. A response without an environment of the client's API keys counts as a refusal.
 * - `granted`: a list is recorded, which the Edge has sent or confirmed. Later refusals other than `failure` events have no effect.
 * - `revoked`: a list and a later `failure` event are recorded.
 */
export type Access = "unknown" | "refused" | "granted" | "revoked";

/** Returns true if the record holds that the Edge has sent or confirmed a list of features. */
export function hadContact(access: Access): boolean {
  return access === "granted" || access === "revoked";
}

/** Returns true if the record holds that the Edge has refused the client, or has sent no environment for the client's API keys. */
export function isRefused(access: Access): boolean {
  return access === "refused" || access === "revoked";
}

/**
 * Returns the record after a refusal. The record does not change if it holds a list of features, because an Edge may refuse clients during
 * its own outages.
 */
export function refused(access: Access): Access {
  return access === "unknown" ? "refused" : access;
}

/** Returns the record after a `failure` event, which is a refusal even if the Edge has sent a list of features before. */
export function revoked(access: Access): Access {
  return hadContact(access) ? "revoked" : "refused";
}

/** Returns the record without a refusal, but with a list that the Edge has sent or confirmed. */
export function withoutRefusal(access: Access): Access {
  return hadContact(access) ? "granted" : "unknown";
}
