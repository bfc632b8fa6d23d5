import { afterEach } from "vitest";

import { Client, type ClientOptions } from "../../src/index.ts";
import { SERVER_KEY } from "./scripted_edge.ts";

const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** Closes a client after the test. */
export function closing<C extends Client>(client: C): C {
  clients.push(client);
  return client;
}

/** Returns a client without network that serves these features, if any are given. */
export function offline(features?: readonly string[], options: ClientOptions = {}): Client {
  const client = closing(new Client("", SERVER_KEY, { ...options, mode: "offline" }));
  if (features) client.offerFeatures("test", "environment", `[${features.join(",")}]`);
  return client;
}
