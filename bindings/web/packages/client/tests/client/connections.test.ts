import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";

import { FeaturePostUpdater } from "../../src/featurehub/updater.ts";
import { Client, type ClientOptions } from "../../src/index.ts";
import { becomes, eventually } from "../eventually.ts";

const ENVIRONMENT = "8b4a9dae-538d-4d9d-8f62-b7dd49d07d03";
const KEY = `${ENVIRONMENT}/PrURuGWLjVe34pi3r2sZQZo2SdUPrtG1kzSJ5WBE`;

let server: Server;
let open: Set<Socket>;
let opened: number;

beforeEach(async () => {
  open = new Set();
  opened = 0;
  // A stream never ends, and a poll is complete at once.
  server = createServer((request, response) => {
    const type = request.headers.accept === "text/event-stream" ? "text/event-stream" : "application/json";
    response.writeHead(200, { "content-type": type });
    if (request.method === "PUT") request.resume().on("end", () => response.end());
    else if (type === "text/event-stream") response.write(": hello\n\n");
    else response.end(JSON.stringify([{ id: ENVIRONMENT, features: [] }]));
  });
  server.on("connection", (socket) => {
    opened += 1;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** The sender of updates of the layer with the names of the published SDK. */
const updater = new FeaturePostUpdater();

function url(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function start(options: ClientOptions): Client {
  return new Client(url(), KEY, options);
}

test.each([
  ["a stream", { mode: "streaming" }],
  ["polls", { mode: "polling", interval: 60 }],
] as const)("closing a client with %s ends its connection, and opens no other one", async (_, options) => {
  const client = start(options);
  await client.statusWhen(({ connection }) => connection === "streaming" || connection === "resting");
  expect(open.size).toBe(1);
  client.close();
  // The agent of an open client ends a connection without a request after 4 seconds.
  await eventually(() => {
    expect(open.size).toBe(0);
  }, 3_000);
  // A connection that was opened without need is there before that of a later request.
  await (await fetch(url())).text();
  expect(opened).toBe(2);
});

test.each<[string, number, (client: Client) => Promise<unknown>]>([
  ["polls", 1, (client) => client.refresh()],
  ["test updates", 2, (client) => client.testUpdates().set("COLOUR", { value: "blue" })],
  ["updates of the layer", 2, () => updater.post(`${url()}/features/${KEY}/COLOUR`, { value: "blue" })],
])("two hundred %s in a row need one connection", async (_, connections, act) => {
  using client = start({ mode: "polling", interval: 3600, pace: 0.001 });
  await client.ready();
  for (let times = 0; times < 200; times++) expect(["READY", "accepted", true]).toContain(await act(client));
  // The client has a connection of its own.
  expect(opened).toBe(connections);
});

test.each<[string, (client: Client) => Promise<unknown>]>([
  ["poll", (client) => client.refresh()],
  ["test update", (client) => client.testUpdates().set("COLOUR", { value: "blue" })],
])("a %s on a connection that the server ends meanwhile is sent on another one", async (_, act) => {
  using client = start({ mode: "polling", interval: 3600, pace: 0.001 });
  await client.ready();
  await act(client);
  const kept = new Set(open);
  server.prependListener("request", ({ socket }: IncomingMessage) => {
    if (kept.has(socket)) socket.destroy();
  });
  await act(client);
  expect(client.status).toMatchObject({ attempts: 0, problem: undefined });
});

test("a lock that is sent twice and then refused is reported as the failed connection", async () => {
  using client = start({ mode: "polling", interval: 3600, pace: 0.001 });
  const lock = (): Promise<string> => client.testUpdates().set("COLOUR", { value: "blue", lock: true });
  await client.ready();
  await lock();
  const kept = new Set(open);
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (kept.has(request.socket)) request.socket.destroy();
    else response.writeHead(412).end("the feature is locked");
  });
  await expect(lock()).rejects.toMatchObject({ problem: { code: "unreachable" } });
});

test("closing a client keeps the connection of another client with the same URL and key", async () => {
  const [one, other] = [start({ mode: "streaming" }), start({ mode: "streaming" })];
  for (const client of [one, other]) await client.statusWhen(({ connection }) => connection === "streaming");
  one.close();
  await becomes(() => open.size, 1);
  expect(other.status).toMatchObject({ requests: 1, attempts: 0 });
  other.close();
});
