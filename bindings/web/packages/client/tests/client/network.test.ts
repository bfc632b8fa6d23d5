import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Client, type ClientOptions, EdgeProblem, NotReady, VERSION } from "../../src/index.ts";
import { feature, list, ScriptedEdge, SERVER_KEY } from "./scripted_edge.ts";

const RED = feature("COLOUR", "red");
const BLUE = feature("COLOUR", "blue", 2);
const FAST: ClientOptions = { backoff: { initial: 0.02, cap: 0.05, jitter: 0 } };

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

function start(options: ClientOptions = {}, url = edge.url): Client {
  const client = new Client(url, SERVER_KEY, { ...FAST, ...options });
  clients.push(client);
  return client;
}

describe("requests", () => {
  test("a stream names the SDK and the version, and carries the program's headers", async () => {
    start({ headers: { Authorization: "Bearer token" } });
    const { request } = await edge.next();
    expect(request.url).toBe(`/features/${SERVER_KEY}`);
    expect(request.headers["x-sdk"]).toBe(`JavaScript,${VERSION}`);
    expect(request.headers.authorization).toBe("Bearer token");
  });

  test("a 503 is retried after the time in Retry-After", async () => {
    const client = start({ mode: "once" });
    const { response } = await edge.next();
    const failed = performance.now();
    response.writeHead(503, { "retry-after": "1" }).end();
    const { problem } = await client.statusWhen((status) => status.problem !== undefined);
    expect(problem).toEqual({ code: "server_error", status: 503 });
    await edge.poll([RED]);
    // The session counts whole milliseconds, and a busy machine makes the time longer only.
    expect(performance.now() - failed).toBeGreaterThan(990);
    await client.ready();
    expect(client.status).toMatchObject({ problem: undefined, requests: 2 });
  });

  test("a poll sends the etag, and 304 confirms the features", async () => {
    const client = start({ mode: "once" });
    await edge.poll([RED], { etag: '"one"' });
    await client.ready();
    const refreshed = client.refresh();
    const { request } = await edge.status(304, { etag: '"one"' });
    expect(request.headers["if-none-match"]).toBe('"one"');
    expect(await refreshed).toBe("READY");
    expect(client.string("COLOUR")).toBe("red");
  });

  test("a redirect within the origin is followed by the session", async () => {
    const client = start({ mode: "once" });
    await edge.status(307, { location: "/elsewhere" });
    const { request } = await edge.poll([RED]);
    expect(request.url).toBe("/elsewhere");
    await client.ready();
    expect(client.status.requests).toBe(2);
  });

  test("a redirect to another origin is a problem, and no request goes there", async () => {
    await using other = await ScriptedEdge.start();
    const client = start({ mode: "once" });
    await edge.status(302, { location: `${other.url}/features` });
    const { problem } = await client.statusWhen((status) => status.problem !== undefined);
    expect(problem).toEqual({ code: "redirect" });
    expect(other.requests).toBe(0);
  });

  test("a refused connection is a problem without the key", async () => {
    const { url } = edge;
    await edge[Symbol.asyncDispose]();
    const client = start({}, url);
    const { problem } = await client.statusWhen((status) => status.problem !== undefined);
    expect(problem).toMatchObject({
      code: "unreachable",
      text: expect.stringMatching(/ECONNREFUSED/) as string,
    });
    edge = await ScriptedEdge.start();
  });

  test("a text of the Edge that repeats the key is shown without it", async () => {
    const client = start();
    const { response } = await edge.next();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: failure\ndata: unknown key ${SERVER_KEY}\n\n`);
    const error: unknown = await client.ready().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NotReady);
    expect((error as NotReady).reason).toBe("failed");
    expect(String(error)).not.toContain("secret-of-the-server");
    expect(JSON.stringify(client.status)).not.toContain("secret-of-the-server");
  });
});

describe("streams", () => {
  test("a stream that is cut within an event keeps the features and is opened anew", async () => {
    const client = start();
    const { response } = await edge.stream(RED);
    await client.ready();
    response.write(list(BLUE).slice(0, -20));
    response.destroy();
    await client.statusWhen(({ connection }) => connection === "waiting");
    expect(client.string("COLOUR")).toBe("red");
    await edge.stream(BLUE);
    await client.statusWhen(() => client.string("COLOUR") === "blue");
    expect(client.isReady).toBe(true);
  });

  test("characters that arrive in pieces are put together", async () => {
    const client = start();
    const { response } = await edge.stream(RED);
    await client.ready();
    const bytes = Buffer.from(list(feature("COLOUR", "größer 🦊", 2)));
    for (const byte of bytes) response.write(Uint8Array.of(byte));
    await client.statusWhen(() => client.string("COLOUR") === "größer 🦊");
  });

  test("a silent stream is aborted after the idle limit, and opened anew", async () => {
    const client = start({ limits: { idle: 0.2 } });
    const { response } = await edge.stream(RED);
    const closed = once(response, "close");
    await client.ready();
    const { problem } = await client.statusWhen((status) => status.problem !== undefined);
    expect(problem).toEqual({ code: "timed_out", stage: "silence" });
    await closed;
    await edge.stream(BLUE);
    await client.statusWhen(() => client.string("COLOUR") === "blue");
  });

  test("a response whose head does not arrive is given up", async () => {
    const client = start({ limits: { head: 0.1 } });
    const { response } = await edge.next();
    const closed = once(response, "close");
    const { problem } = await client.statusWhen((status) => status.problem !== undefined);
    expect(problem).toEqual({ code: "timed_out", stage: "head" });
    await closed;
  });

  test("suspending ends the stream, and resuming opens a new one", async () => {
    const client = start();
    const { response } = await edge.stream(RED);
    const closed = once(response, "close");
    await client.ready();
    client.suspend();
    await closed;
    expect(client.status).toMatchObject({ connection: "suspended", readiness: "READY" });
    client.resume();
    await edge.stream(BLUE);
    await client.statusWhen(() => client.string("COLOUR") === "blue");
  });
});

describe("the end", () => {
  test("closing ends the connection, twice has no effect, and the last values answer", async () => {
    const client = start();
    const { response } = await edge.stream(RED);
    const closed = once(response, "close");
    await client.ready();
    const seen: string[] = [];
    client.onReadiness(({ readiness }) => seen.push(readiness));
    client.close();
    client.close();
    expect(client.readiness).toBe("CLOSED");
    await client.closed();
    await closed;
    expect(seen).toEqual(["READY", "CLOSED"]);
    expect(client.string("COLOUR")).toBe("red");
    expect(client.status).toMatchObject({ connection: "closed", features: 1 });
    const error: unknown = await client.refresh().catch((reason: unknown) => reason);
    expect((error as EdgeProblem).problem).toEqual({ code: "closed" });
    expect(edge.requests).toBe(1);
  });

  test("a listener may close the client", async () => {
    const client = start();
    client.onReady(() => {
      client.close();
    });
    const { response } = await edge.stream(RED);
    await Promise.all([client.closed(), once(response, "close")]);
    expect(client.string("COLOUR")).toBe("red");
  });

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

  test("caught updates are held back until they are released", async () => {
    const client = start({ catchUpdates: true });
    const { response } = await edge.stream(RED, feature("SIZE", "small"));
    await client.ready();
    const snapshot = client.snapshot();
    const news = new Promise((resolve) => client.onNewState(resolve));
    response.write(list(BLUE, feature("SIZE", "large", 2)));
    expect(await news).toEqual({ isHeld: true, keys: ["COLOUR", "SIZE"] });
    expect([client.string("COLOUR"), client.isHolding, client.heldKeys()]).toEqual([
      "red",
      true,
      ["COLOUR", "SIZE"],
    ]);
    client.releaseOnly(["SIZE"]);
    expect([client.string("COLOUR"), client.string("SIZE")]).toEqual(["red", "large"]);
    client.release();
    expect([client.string("COLOUR"), client.isHolding, client.isCatching]).toEqual(["blue", false, true]);
    expect(snapshot.string("COLOUR")).toBe("red");
  });

  test("a listener that throws is counted, and the others are called", async () => {
    const client = start();
    const { response } = await edge.stream(RED);
    await client.ready();
    client.onChange("COLOUR", () => {
      throw new Error("the listener's");
    });
    const change = new Promise((resolve) => client.onChange("COLOUR", resolve));
    response.write(list(BLUE));
    expect(await change).toMatchObject({ old: "red", new: "blue", version: 2 });
    expect(client.status.counters.listenerPanics).toBe(1);
  });

  test("a passive client polls when a feature is read after the interval", async () => {
    const client = start({ mode: "passive", interval: 0.05 });
    await edge.poll([RED]);
    await client.ready();
    const second = edge.next();
    const reading = setInterval(() => client.string("COLOUR"), 5);
    await second;
    clearInterval(reading);
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
