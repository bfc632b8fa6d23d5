import { beforeEach } from "vitest";

import { Client, type ClientOptions } from "../../src/index.ts";
import { closing } from "./offline.ts";
import { ScriptedEdge, SERVER_KEY } from "./scripted_edge.ts";

/** The Edge of the running test. A file that imports it has another one in each test. */
export let edge: ScriptedEdge;
beforeEach(async () => {
  edge = await ScriptedEdge.start();
  // Runs after the clients are closed.
  return () => edge[Symbol.asyncDispose]();
});

/** Starts a client of the Edge. */
export function start(options: ClientOptions = {}, key: string = SERVER_KEY): Client {
  return closing(new Client(edge.url, key, options));
}
