import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Client, type ClientOptions } from "../../src/index.ts";
import { feature, ScriptedEdge, SERVER_KEY } from "./scripted_edge.ts";

const RED = feature("COLOUR", "red");
const BLUE = feature("COLOUR", "blue", 2);

let edge: ScriptedEdge;
let clients: Client[];
beforeEach(async () => {
  edge = await ScriptedEdge.start();
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.close();
  await edge[Symbol.asyncDispose]();
});

function start(options: ClientOptions = {}): Client {
  const client = new Client(edge.url, SERVER_KEY, options);
  clients.push(client);
  return client;
}

describe("the end", () => {
  test("closing during a request aborts it, and callers get the reason", async () => {
    const client = start();
    const { response } = await edge.next();
    const closed = once(response, "close");
    const [ready, refreshed] = [client.ready(), client.refresh()].map((wait) =>
      (wait as Promise<unknown>).catch((reason: unknown) => reason),
    );
    await using last = client;
    last.close();
    await closed;
    expect(await ready).toMatchObject({ name: "NotReady", reason: "closed" });
    expect(await refreshed).toMatchObject({ name: "EdgeProblem", problem: { code: "closed" } });
  });

  test("a wait ends at its time limit or with its signal, and the client goes on", async () => {
    const client = start();
    const stop = new AbortController();
    const waits = [client.ready({ timeoutMs: 1 }), client.ready({ signal: stop.signal })];
    stop.abort(new Error("left"));
    const errors = await Promise.all(waits.map((wait) => wait.catch((reason: unknown) => reason)));
    expect(errors).toMatchObject([{ reason: "timedOut" }, { reason: "aborted", cause: { message: "left" } }]);
    await edge.stream(RED);
    await client.ready();
  });
});

describe("contexts and updates", () => {
  test("a context of a server-evaluated key is sent as a header, and a newer one replaces a waiting one", async () => {
    const client = start({ context: { userkey: "fred" } });
    const { request } = await edge.stream(RED);
    expect(request.headers["x-featurehub"]).toBe("userkey=fred");
    await client.ready();
    const [mara, ada, eve] = [
      client.setContext({ userkey: "mara", plan: ["gold", "beta"], age: 41, none: undefined }),
      client.setContext({ userkey: "ada" }).catch((reason: unknown) => reason),
      client.setContext({ userkey: "eve" }),
    ];
    const second = await edge.stream(BLUE);
    expect(second.request.headers["x-featurehub"]).toBe("age=41,plan=gold%2Cbeta,userkey=mara");
    expect((await mara).string("COLOUR")).toBe("blue");
    expect(await ada).toMatchObject({ problem: { code: "superseded" } });
    await edge.stream(feature("COLOUR", "green"));
    expect((await eve).string("COLOUR")).toBe("green");
    expect((await mara).detail("COLOUR").reason).toBe("OTHER_CONTEXT");
  });

  test("other keys and other headers are used for the next request", async () => {
    const client = start({ mode: "once" });
    await edge.poll([RED]);
    await client.ready();
    const keys = client.setApiKeys("environment/another-secret");
    const { request } = await edge.poll([RED]);
    expect(request.url).toContain("apiKey=environment/another-secret");
    await keys;
    const headers = client.setHeaders({ "X-Proxy": "token" });
    expect((await edge.poll([RED])).request.headers["x-proxy"]).toBe("token");
    await headers;
    await expect(client.setApiKeys([])).rejects.toThrow(
      new TypeError("the API key is missing or empty: write ENVIRONMENT/KEY"),
    );
    await expect(client.setHeaders({ host: "other" })).rejects.toThrow(TypeError);
  });
});
