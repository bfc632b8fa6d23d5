import { afterEach } from "vitest";

import { Client, type ClientOptions } from "../../src/index.ts";
import { SERVER_KEY } from "./scripted_edge.ts";

const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** Returns a client without network that serves these features, if any are given. It is closed after the test. */
export function offline(features?: readonly string[], options: ClientOptions = {}): Client {
  const client = new Client("", SERVER_KEY, { ...options, mode: "offline" });
  if (features) client.offerFeatures("test", "environment", `[${features.join(",")}]`);
  clients.push(client);
  return client;
}
