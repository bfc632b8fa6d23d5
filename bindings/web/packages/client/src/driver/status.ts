import type { ClientParts } from "./parts.ts";
import type { Connection, Counters, Problem, Readiness, Source } from "../repository/lib.ts";
import { type Millis, since } from "../repository/time.ts";

/**
 * The status of a client: its readiness, its connection, its features, and counters. Durations are seconds.
 *
 * @example
 * ```ts
 * const { readiness, connection, dataAge } = client.status;
 * ```
 */
export interface Status {
  /** The readiness of the client. */
  readonly readiness: Readiness;
  /** The activity of the client's connection to the Edge. */
  readonly connection: Connection;
  /** The last problem; `undefined` if there is none. */
  readonly problem: Problem | undefined;
  /** Number of failed attempts since the Edge last sent or confirmed features. */
  readonly attempts: number;
  /** Number of requests since the start. */
  readonly requests: number;
  /** The seconds until the next request; `undefined` if none is planned. */
  readonly nextAttempt: number | undefined;
  /** The seconds since the Edge last sent data; `undefined` before the first contact. */
  readonly sinceContact: number | undefined;
  /** The seconds since the Edge last sent or confirmed the features, also those of a stored state; `undefined` before the first list. */
  readonly dataAge: number | undefined;
  /** The source of the last list or change; `undefined` before the first list. */
  readonly source: Source | undefined;
  /** True if the Edge has declared the environment stale. */
  readonly isStale: boolean;
  /** Number of features that the client serves. */
  readonly features: number;
  /** Number of features that were refused because they belong to another environment. */
  readonly foreignFeatures: number;
  /** True while catch & release holds back changes that a reader would see. */
  readonly isHolding: boolean;
  /** The numbers of errors of listeners, interceptors and observers, of refused overrides, and of dropped events. */
  readonly counters: Counters;
}

/** Returns the present status. */
export function statusOf({ repository, driver, restored }: ClientParts): Status {
  const now = driver.now();
  const { status, rules } = repository.live;
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  const { updated, nextAttempt, isWithheld, ...shown } = status;
  const { contact, isHolding, counters } = repository;
  const seconds = (from: Millis | undefined, to: Millis | undefined): number | undefined =>
    from === undefined || to === undefined ? undefined : since(to, from) / 1000;
  return {
    ...shown,
    nextAttempt: seconds(now, nextAttempt),
    sinceContact: seconds(contact, now),
    dataAge:
      restored !== undefined && status.source?.kind === "snapshot"
        ? Math.max(repository.clock() - restored, 0) / 1000
        : seconds(updated, now),
    features: rules.size,
    isHolding,
    counters: { ...counters },
  };
}
