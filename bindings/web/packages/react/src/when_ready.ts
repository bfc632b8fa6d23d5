import type { Client } from "fh-client";

const waiting = new WeakMap<Client, Promise<void>>();

/** Waits until the readiness is no longer `NOT_READY`. Calls meanwhile return the same promise, as React's `Suspense` needs it. */
export function whenReady(client: Client): Promise<void> {
  let wait = waiting.get(client);
  if (!wait) {
    const done = (): void => {
      waiting.delete(client);
    };
    wait = client.statusWhen(({ readiness }) => readiness !== "NOT_READY").then(done, done);
    waiting.set(client, wait);
  }
  return wait;
}
