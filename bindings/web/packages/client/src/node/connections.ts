import {
  Agent,
  type AgentOptions,
  type ClientRequest,
  globalAgent,
  type IncomingMessage,
  request as requestOverTcp,
} from "node:http";
import { Agent as TlsAgent, globalAgent as globalTlsAgent, request as requestOverTls } from "node:https";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

import type { ArrivingBody, ArrivingResponse, PlatformRequest } from "../platform/platform.ts";

/** The time limit in milliseconds for opening a connection, TLS included. */
const CONNECT_LIMIT = 5_000;
/** A connection without a request is used again for 4 seconds, which is less than servers keep it. */
const KEPT = { keepAlive: true, timeout: 4_000 };

/** The error of a connection that was not opened in time. */
export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
}

/**
 * The connections of one client, which send requests by Node's modules `http` and `https`. Node's `fetch` needs twice the memory for a large
 * body, gives no access to a connection, and opens another one after an abort.
 */
export class Connections {
  readonly #tcp = new Agent(settingsLike(globalAgent));
  readonly #tls = new TlsAgent(settingsLike(globalTlsAgent));
  readonly #keepAlive: boolean;

  /** @param keepAlive - false if the connections must not keep the program running */
  constructor(keepAlive: boolean) {
    this.#keepAlive = keepAlive;
  }

  /** Sends a request. The promise is fulfilled as soon as the head has arrived. Redirects are not followed. */
  send(given: PlatformRequest, signal: AbortSignal): Promise<ArrivingResponse> {
    const { kind, url, headers, init = {} } = given;
    return new Promise((resolve, reject) => {
      const target = new URL(url.expose());
      const method = init.method ?? "GET";
      const isTls = target.protocol === "https:";
      const request = isTls
        ? requestOverTls(target, { agent: this.#tls, method })
        : requestOverTcp(target, { agent: this.#tcp, method });
      for (const [name, value] of headers) request.appendHeader(name, value);
      // A proxy that compresses a stream holds its events back until there is enough data to compress.
      request.setHeader("accept-encoding", kind === "stream" ? "identity" : "gzip");
      let hasHead = false;
      request.on("error", (error) => {
        // A server may end a kept connection while a request is on its way. Each request may be sent twice.
        if (!request.reusedSocket || hasHead || signal.aborted) reject(error);
        else resolve(this.send(given, signal).then((response) => ({ ...response, repeatedAfter: error })));
      });
      // The option `signal` would also fail a socket that the agent keeps for the next request.
      signal.addEventListener("abort", () => request.destroy());
      request.once("response", (response: IncomingMessage) => {
        hasHead = true;
        resolve({ head: headOf(response), body: bodyOf(response) });
      });
      request.once("socket", (socket) => {
        if (!this.#keepAlive) socket.unref();
        if (socket.connecting) limitConnecting(request, socket, isTls ? "secureConnect" : "connect");
      });
      request.end(init.body);
    });
  }

  /** Ends all connections. */
  close(): void {
    this.#tcp.destroy();
    this.#tls.destroy();
  }
}

/**
 * Returns the settings of an agent like a global one. A program may have set certificates there, and newer versions of Node set the proxies of the
 * environment.
 */
function settingsLike(agent: Agent): AgentOptions {
  const { options } = agent as { readonly options?: AgentOptions };
  return { ...options, ...KEPT };
}

/** Fails the request if its socket has not emitted the event in time. */
function limitConnecting(request: ClientRequest, socket: Socket, connected: string): void {
  const timer = setTimeout(() => request.destroy(new ConnectTimeout()), CONNECT_LIMIT).unref();
  const clear = (): void => {
    clearTimeout(timer);
  };
  socket.once(connected, clear).once("close", clear);
}

function headOf({ statusCode = 0, headersDistinct }: IncomingMessage): ArrivingResponse["head"] {
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return { status: statusCode, headers };
}

/** Returns the pieces of the body, decompressed. */
function bodyOf(response: IncomingMessage): ArrivingBody {
  const isCompressed = /^(?:x-)?gzip$/i.test(response.headers["content-encoding"] ?? "");
  // The reader gets the error of either stream.
  const body = isCompressed ? pipeline(response, createGunzip(), () => undefined) : response;
  const pieces = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const read = async (): Promise<{ readonly value?: Uint8Array | undefined }> => {
    const piece: { readonly value?: Uint8Array | undefined } = await pieces.next();
    if (piece.value) weigh(piece.value.length);
    return piece;
  };
  return { getReader: () => ({ read }) };
}

/** The array of {@link weigh}, which a compiler could leave out if nothing kept it. */
export const ballast: { array: readonly number[] } = { array: [] };

/**
 * Allocates an array of as many bytes as a piece has. V8 collects garbage when its own heap is full, and pieces are outside of it: without the
 * arrays, 32 MB of used pieces wait for a collection.
 */
function weigh(bytes: number): void {
  ballast.array = new Array<number>(bytes >> 3).fill(0);
}
