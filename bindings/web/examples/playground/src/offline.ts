import { Client } from "fh-client";

/** Returns a client without an Edge that evaluates the rules of these features, a JSON list. */
export async function offline(features: string): Promise<Client> {
  // The `*` says that the client evaluates the rules.
  const client = new Client("", "playground/rules*", { mode: "offline", storage: null });
  client.offerFeatures("playground", "playground", features);
  // The client is ready once the engine has compiled the rules.
  await client.statusWhen(({ readiness }) => readiness === "READY");
  return client;
}
