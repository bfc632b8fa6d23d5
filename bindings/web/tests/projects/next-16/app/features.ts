import { Client, type ClientOptions } from "fh-client";

const { EDGE = "", CLIENT_KEY = "", CLIENT_MODE } = process.env;
let client: Client | undefined;

/** Returns the client of all requests, once it has features. */
export async function features(): Promise<Client> {
  client ??= new Client(EDGE, CLIENT_KEY, { mode: CLIENT_MODE as ClientOptions["mode"] });
  await client.ready({ timeoutMs: 20_000 });
  return client;
}
