import type { Client } from "fh-client";

export { offline } from "../../client/tests/client/offline.ts";

/** Adds a feature to a client without network, and waits until its listeners have been called. */
export async function change(client: Client, json: string): Promise<void> {
  client.offerFeature("test", "environment", json);
  await Promise.resolve();
}
