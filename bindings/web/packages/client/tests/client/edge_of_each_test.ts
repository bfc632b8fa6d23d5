import { afterEach, beforeEach } from "vitest";

import { Client, type ClientOptions } from "../../src/index.ts";
import { ScriptedEdge, SERVER_KEY } from "./scripted_edge.ts";

/** The Edge of the running test. A file that imports it has another one in each test. */
export let edge: ScriptedEdge;
const clients: Client[] = [];

beforeEach(async () => {
  edge = await ScriptedEdge.start();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await edge[Symbol.asyncDispose]();
});

/** Closes a client after the test. */
export function closing<C extends Client>(client: C): C {
  clients.push(client);
  return client;
}

/** Starts a client of the Edge. */
export function start(options: ClientOptions = {}, key: string = SERVER_KEY): Client {
  return closing(new Client(edge.url, key, options));
}
