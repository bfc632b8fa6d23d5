import { Client } from "fh-client";

export const runtime = "edge";

/** Answers with a feature of the user `mara`, for the key that the query names. */
export async function GET(request: Request) {
  const key = new URL(request.url).searchParams.get("key");
  const { EDGE = "", CLIENT_KEY = "", SERVER_KEY = "" } = process.env;
  const context = { userkey: "mara" };
  const client = new Client(EDGE, key === "SERVER_KEY" ? SERVER_KEY : CLIENT_KEY, { context });
  await client.ready({ timeoutMs: 20_000 });
  const colour = client.context(context).string("COLOUR", "none");
  client.close();
  return new Response(colour);
}
