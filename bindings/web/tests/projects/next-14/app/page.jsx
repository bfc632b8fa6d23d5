import { Client } from "fh-client";

const { EDGE, CLIENT_KEY, CLIENT_MODE } = process.env;
let client;

/** A server component that shows a feature. The use of the query lets Next render the page for each request. */
export default async function Page({ searchParams }) {
  const { user } = searchParams;
  client ??= new Client(EDGE, CLIENT_KEY, { mode: CLIENT_MODE });
  await client.ready({ timeoutMs: 5000 });
  return <p id="server">{client.context({ userkey: user }).string("COLOUR", "none")}</p>;
}
