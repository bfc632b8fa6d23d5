import * as client from "../../src/index.ts";

declare global {
  /** The package `fh-client` in a page of these tests. */
  var fh: typeof client;
  /** The values that a test keeps in its page. */
  var tab: { client: client.Client; seen: unknown[]; [name: string]: unknown };
}

globalThis.fh = client;
globalThis.tab = { client: undefined as unknown as client.Client, seen: [] };
