import { execFile } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { globalAgent } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";

import { Client } from "../../src/index.ts";
import { Connections, ConnectTimeout } from "../../src/node/connections.ts";
import { ClientPlatform } from "../../src/node/platform.ts";
import type { ArrivingResponse, PlatformRequest } from "../../src/platform/platform.ts";
import { SecretUrl } from "../../src/session/lib.ts";
import { bundled } from "./bundled.ts";
import { feature, list, ScriptedEdge, SERVER_KEY } from "./scripted_edge.ts";

const connections = new Connections(true);

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  connections.close();
});

function send(url: string, more: Partial<PlatformRequest> = {}): Promise<ArrivingResponse> {
  const request = { kind: "poll", url: new SecretUrl(url), headers: [], isPrivate: false, ...more } as const;
  return connections.send(request, new AbortController().signal);
}

/** Returns a function that waits for the next piece of the body, and returns its text. */
function textsOf({ body }: ArrivingResponse): () => Promise<string | undefined> {
  const pieces = body!.getReader();
  return async () => {
    const { value } = await pieces.read();
    return value && new TextDecoder().decode(value);
  };
}

describe("a request of Node's modules", () => {
  test("carries each header and the body, and accepts gzip", async () => {
    await using edge = await ScriptedEdge.start();
    const headers = [
      ["x-sdk", "JavaScript"],
      ["x-shop", "1"],
      ["x-shop", "2"],
    ] as const;
    const sent = send(`${edge.url}/features/key`, { headers, init: { method: "PUT", body: "{}" } });
    const { request, response } = await edge.next();
    expect([request.method, request.url]).toEqual(["PUT", "/features/key"]);
    expect(request.headers).toEqual({
      ...{ "accept-encoding": "gzip", "x-sdk": "JavaScript", "x-shop": "1, 2" },
      ...{ connection: "keep-alive", "content-length": "2", host: new URL(edge.url).host },
    });
    request.pipe(response);
    expect(await textsOf(await sent)()).toBe("{}");
  });

  // A proxy that compresses a stream holds its events back until there is enough data to compress.
  test.each([
    ["a stream", {}, "identity"],
    ["a stream by fetch", { fetch }, "identity"],
    ["a poll", { mode: "polling", interval: 60 }, "gzip"],
  ] as const)("asks in its bytes for the encoding of %s", async (_, options, expected) => {
    const heads: string[] = [];
    const server = createServer((socket) => {
      socket
        .on("error", () => undefined)
        .once("data", (bytes) => {
          heads.push(bytes.toString("latin1"));
          socket.destroy();
        });
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    try {
      using client = new Client(
        `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        SERVER_KEY,
        options,
      );
      await client.statusWhen(({ problem }) => problem?.code === "unreachable");
      expect(heads[0]?.match(/(?<=\r\naccept-encoding: ).*(?=\r\n)/gi)).toEqual([expected]);
    } finally {
      server.close();
    }
  });

  test("has the head of the response, and follows no redirect", async () => {
    await using edge = await ScriptedEdge.start();
    const sent = send(edge.url);
    const { response } = await edge.next();
    response.writeHead(302, { Location: "/elsewhere", "X-Many": ["1", "2"] }).end();
    const { head } = await sent;
    expect(head.status).toBe(302);
    expect(head.headers.filter(([name]) => /^(?:location|x-)/.test(name))).toEqual([
      ["location", "/elsewhere"],
      ["x-many", "1"],
      ["x-many", "2"],
    ]);
  });

  test.each([
    ["bytes that are no gzip", Buffer.from("[]"), 0, /^Z_DATA_ERROR: /],
    ["a compressed body without its end", gzipSync("[]").subarray(0, 12), 0, /^Z_BUF_ERROR: /],
    ["a body that breaks", gzipSync("[]").subarray(0, 12), 1, /^(?:ECONNRESET|ERR_STREAM_PREMATURE_CLOSE): /],
  ])("fails for %s", async (_, bytes, missing, text) => {
    await using edge = await ScriptedEdge.start();
    const sent = send(edge.url);
    const { response } = await edge.next();
    response.writeHead(200, { "content-encoding": "gzip", "content-length": bytes.length + missing });
    response.write(bytes, () => (missing > 0 ? response.destroy() : response.end()));
    const next = textsOf(await sent);
    const read = async (): Promise<void> => {
      while ((await next()) !== undefined);
    };
    const error: unknown = await read().catch((error: unknown) => error);
    const platform = new ClientPlatform({});
    expect(platform.endOf(error)).toEqual({ kind: "broken", text: expect.stringMatching(text) as string });
  });

  test("fails if no connection is opened within 5 seconds, TLS included", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const silent = createServer();
    await once(silent.listen(0, "127.0.0.1"), "listening");
    try {
      const outcome = vi.fn();
      const connected = once(silent, "connection");
      const sent = send(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`).catch(outcome);
      await connected;
      vi.advanceTimersByTime(4_999);
      await new Promise((resolve) => setImmediate(resolve));
      expect(outcome).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      await sent;
      expect(outcome).toHaveBeenCalledWith(expect.any(ConnectTimeout));
    } finally {
      silent.close();
    }
  });

  test("has no time limit once the connection is open", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await using edge = await ScriptedEdge.start();
    const sent = send(edge.url);
    const { response } = await edge.next();
    expect(vi.getTimerCount()).toBe(0);
    response.end();
    expect((await sent).head.status).toBe(200);
  });
});

describe("a client in Node", () => {
  test("leaves at most 24 MB of a large body in memory until V8 collects it", async () => {
    // A program of its own, because the heap of a test is larger, and V8 collects it later.
    const program = await bundled(`
      import { Client } from "fh-client";
      let most = 0;
      const sample = () => {
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        setImmediate(sample);
      };
      sample();
      const client = new Client(process.argv[2], process.argv[3]);
      await client.ready();
      console.log(client.string("COLOUR"), most);
      process.exit();
    `);
    try {
      await using edge = await ScriptedEdge.start();
      const run = promisify(execFile)(process.execPath, [program, edge.url, SERVER_KEY]);
      const { response } = await edge.next();
      response.writeHead(200, { "content-type": "text/event-stream" });
      const comment = `:${" ".repeat(64 * 1024)}\n`;
      Readable.from(Array.from({ length: 1024 }, () => comment)).pipe(response, { end: false });
      response.on("unpipe", () => response.write(list(feature("COLOUR", "red"))));
      const [colour, most] = (await run).stdout.trim().split(" ");
      expect(colour).toBe("red");
      expect(Number(most)).toBeLessThan(24_000_000);
    } finally {
      await rm(dirname(program), { recursive: true });
    }
  }, 60_000);

  test("may abort a request whose response is complete", async () => {
    await using edge = await ScriptedEdge.start();
    using client = new Client(edge.url, SERVER_KEY);
    const { request, response } = await edge.next();
    const end = once(request.socket, "close");
    // The session aborts the request when it reads the event, and the end of the response has arrived with it.
    response.writeHead(200, { "content-type": "text/event-stream" }).end("event: failure\ndata: {}\n\n");
    await client.statusWhen(({ readiness }) => readiness === "FAILED");
    client.close();
    await end;
  });

  test("uses the settings of Node's global agent", async () => {
    const { options } = globalAgent as unknown as { options: { localAddress?: string } };
    options.localAddress = "127.0.0.2";
    try {
      await using edge = await ScriptedEdge.start();
      using client = new Client(edge.url, SERVER_KEY);
      const { request } = await edge.stream(feature("COLOUR", "red"));
      expect(request.socket.remoteAddress).toBe("127.0.0.2");
      await client.ready();
    } finally {
      delete options.localAddress;
    }
  });

  test.each([
    ["needs no global `fetch`", undefined, {}, undefined],
    // Only `fetch` sends this header.
    ["uses Node's `fetch` if the option gives it", fetch, { fetch }, "cors"],
  ])("%s", async (_, global, options, mode) => {
    vi.stubGlobal("fetch", global);
    await using edge = await ScriptedEdge.start();
    using client = new Client(edge.url, SERVER_KEY, options);
    const { request } = await edge.stream(feature("COLOUR", "red"));
    expect(request.headers["sec-fetch-mode"]).toBe(mode);
    await client.ready();
  });

  test("uses a global `fetch` that is not Node's", async () => {
    const headers = { "content-type": "text/event-stream" };
    const answer = new Response(list(feature("COLOUR", "stubbed")), { headers });
    vi.stubGlobal("fetch", () => Promise.resolve(answer));
    using client = new Client("http://edge.invalid", SERVER_KEY);
    await client.ready();
    expect(client.string("COLOUR")).toBe("stubbed");
  });
});
