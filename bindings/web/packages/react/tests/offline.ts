import { Client, type ClientOptions } from "fh-client";

import { SERVER_KEY } from "./fetch_edge.ts";

/** Returns a client without network that serves these features. */
export function offline(features: readonly string[], options: ClientOptions = {}): Client {
  const client = new Client("", SERVER_KEY, { ...options, mode: "offline" });
  client.offerFeatures("test", "environment", `[${features.join(",")}]`);
  return client;
}

/** Adds a feature to a client without network, and waits until its listeners have been called. */
export async function change(client: Client, json: string): Promise<void> {
  client.offerFeature("test", "environment", json);
  await Promise.resolve();
}
