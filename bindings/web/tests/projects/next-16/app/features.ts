import { Client } from "fh-client";

const { EDGE = "", CLIENT_KEY = "" } = process.env;
let client: Client | undefined;

/** Returns the client of all requests, once it has features. */
export async function features(): Promise<Client> {
  client ??= new Client(EDGE, CLIENT_KEY);
  await client.ready({ timeoutMs: 20_000 });
  return client;
}
