// Renders the page in Node. One client evaluates the rules for the users of all requests.
import type { ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import { setTimeout } from "node:timers/promises";

import { toScript } from "fh-client";
import { Client } from "fh-client/node";
import { FeatureProvider } from "fh-react";
import { renderToPipeableStream } from "react-dom/server";

import { App } from "./app.tsx";
import { type Flags, userOf, USERS } from "./flags.ts";

/** Starts the client of the server. Waits 10 seconds for features; without them, pages show the defaults. */
export async function startClient(edge: string, key: string): Promise<Client<Flags>> {
  const client = new Client<Flags>(edge, key);
  await client.ready({ timeoutMs: 10_000 }).catch(console.error);
  return client;
}

/** Answers a request with the page. The template has the places `FLAGS` and `<!--app-->`. */
export function render(
  client: Client<Flags>,
  template: string,
  search: string,
  response: ServerResponse,
): void {
  const user = userOf(search);
  const context = USERS[user];
  const hydrate = client.context(context).dehydrate();
  const [before = "", after = ""] = template.replace("FLAGS", () => toScript(hydrate)).split("<!--app-->");
  const html = new PassThrough();
  html.pipe(response, { end: false });
  html.on("end", () => response.end(after));
  const { pipe } = renderToPipeableStream(
    <FeatureProvider client={client} hydrate={hydrate} context={context}>
      <App user={user} stock={countStock()} />
    </FeatureProvider>,
    {
      bootstrapModules: ["/src/page.tsx"],
      onShellReady: () => {
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
        response.write(before);
        pipe(html);
      },
      onShellError: () => {
        response.writeHead(500).end("The page cannot be rendered.");
      },
    },
  );
}

/** Stands for a slow query. */
function countStock(): Promise<number> {
  return setTimeout(400, 7);
}
