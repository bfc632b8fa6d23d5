import { afterEach, describe, expect, test, vi } from "vitest";

import { Client, type ClientOptions, EdgeProblem } from "../../src/index.ts";
import { eventually } from "../eventually.ts";
import { closing } from "./offline.ts";
import { feature, list, SERVER_KEY } from "./scripted_edge.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** A test update that was sent. */
interface Sent {
  readonly url: string;
  readonly body: unknown;
  readonly headers: Headers;
  readonly redirect: RequestRedirect | undefined;
}

/** An Edge behind `fetch`. Streams begin with A, which is false. */
class Edge {
  readonly updates: Sent[] = [];
  polls = 0;
  /** Writes to the open stream. */
  write: (text: string) => void = () => undefined;
  answer: () => Response | Promise<Response> = () => new Response(null, { status: 200 });

  readonly fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    if (init.method !== "PUT") return this.#features(init);
    const { body, redirect } = init;
    const url = input instanceof Request ? input.url : input.toString();
    this.updates.push({ url, body, headers: new Headers(init.headers), redirect });
    return this.answer();
  };

  #features(init: RequestInit): Response {
    if (new Headers(init.headers).get("accept") !== "text/event-stream") {
      this.polls++;
      return Response.json([{ id: "environment", features: [JSON.parse(feature("A", false))] }]);
    }
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        this.write = (text) => {
          stream.enqueue(new TextEncoder().encode(text));
        };
        this.write(list(feature("A", false)));
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  /** Starts a client of this Edge. */
  async client(options: ClientOptions = {}): Promise<Client> {
    const client = closing(new Client("http://edge.example", SERVER_KEY, { fetch: this.fetch, ...options }));
    await client.ready();
    return client;
  }
}

describe("a test update", () => {
  test("sends a PUT with the client's key and headers, and without a redirect", async () => {
    const edge = new Edge();
    const client = await edge.client({ headers: { "X-Proxy": "token" } });
    expect(await client.testUpdates().set("A B", { value: true, lock: false })).toBe("accepted");
    const [sent] = edge.updates;
    expect(sent?.url).toBe(`http://edge.example/features/${SERVER_KEY}/A%20B`);
    expect(sent?.body).toBe('{"lock":false,"updateValue":true,"value":true}');
    expect(sent?.headers.get("content-type")).toBe("application/json");
    expect(sent?.headers.get("x-proxy")).toBe("token");
    expect(sent?.redirect).not.toBe("follow");
    edge.answer = () => new Response(null, { status: 202 });
    expect(await client.testUpdates("other/key").set("A", { value: null })).toBe("unchanged");
    expect(edge.updates[1]?.url).toBe("http://edge.example/features/other/key/A");
  });

  test("fails before it is sent if it changes nothing, or if the key is invalid", async () => {
    const edge = new Edge();
    const client = await edge.client();
    await expect(client.testUpdates().set("A", {})).rejects.toThrow(TypeError);
    await expect(client.testUpdates("no-slash").set("A", { lock: true })).rejects.toThrow(
      new TypeError("an API key looks like ENVIRONMENT/KEY"),
    );
    client.close();
    await expect(client.testUpdates().set("A", { lock: true })).rejects.toMatchObject({
      problem: { code: "closed" },
    });
    const offline = closing(Client.offline({ fetch: edge.fetch }));
    await expect(offline.testUpdates().set("A", { lock: true })).rejects.toMatchObject({
      problem: { code: "unreachable", text: "this client is offline" },
    });
    expect(edge.updates).toEqual([]);
  });

  test("fails with an EdgeProblem, which has no key, if the Edge cannot be reached", async () => {
    const edge = new Edge();
    const client = await edge.client();
    edge.answer = () => Promise.reject(new Error(`no way to ${SERVER_KEY}`));
    const failed = client.testUpdates().set("A", { lock: true });
    await expect(failed).rejects.toBeInstanceOf(EdgeProblem);
    await expect(failed).rejects.toMatchObject({
      problem: { code: "unreachable", text: "no way to environment/***" },
    });
  });

  test("waits until the client has received the change", async () => {
    const edge = new Edge();
    const client = await edge.client();
    let isDone = false;
    const waiting = client.testUpdates().setAndWait("A", { value: true });
    void waiting.then(() => (isDone = true));
    await eventually(() => {
      expect(edge.updates).toHaveLength(1);
    });
    edge.write(`event: feature\ndata: ${feature("A", false, 2)}\n\n`);
    await eventually(() => {
      expect(client.detail("A").version).toBe(2);
    });
    expect(isDone).toBe(false);
    edge.write(`event: feature\ndata: ${feature("A", true, 3)}\n\n`);
    expect(await waiting).toBe("accepted");
    expect(client.isEnabled("A")).toBe(true);
    expect(edge.polls).toBe(0);
  });

  test("is sent once more after 2 seconds, and fails after 10", async () => {
    const edge = new Edge();
    const client = await edge.client();
    // The parts that are loaded when used would wait for real time.
    await client.testUpdates().set("A", { lock: true });
    vi.useFakeTimers();
    const failed = client
      .testUpdates()
      .setAndWait("A", { value: true })
      .catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(edge.updates).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(edge.updates).toHaveLength(3);
    let isOver = false;
    void failed.then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(7_990);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(10);
    expect(await failed).toMatchObject({ reason: "not_applied", status: undefined });
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  });

  test("makes a client without a stream request the features", async () => {
    const edge = new Edge();
    const client = await edge.client({ mode: "polling", interval: 600, pace: 0.001 });
    const waiting = client.testUpdates().setAndWait("A", { value: true });
    await eventually(() => {
      expect(edge.polls).toBeGreaterThan(1);
    });
    client.close();
    await expect(waiting).rejects.toMatchObject({ problem: { code: "closed" } });
  });
});
