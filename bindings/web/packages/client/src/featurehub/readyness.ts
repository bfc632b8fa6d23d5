import type { Client } from "../client/client.ts";

/** The readiness of a repository. */
export const Readyness = { NotReady: "NotReady", Ready: "Ready", Failed: "Failed" } as const;
/** The readiness of a repository. */
export type Readyness = (typeof Readyness)[keyof typeof Readyness];

/** A function that is called with the readiness, and with true if features have arrived for the first time. */
export type ReadynessListener = (state: Readyness, firstTimeReady: boolean) => unknown;

/** Returns the readiness of a client. A closed client with features stays ready, because they answer further. */
export function readynessOf(client: Client | undefined): Readyness {
  if (!client) return Readyness.NotReady;
  const { readiness, status } = client;
  if (readiness === "READY" || (readiness === "CLOSED" && status.features > 0)) return Readyness.Ready;
  return readiness === "FAILED" ? Readyness.Failed : Readyness.NotReady;
}
