import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { list } from "../client/scripted_edge.ts";

/** The headers with which `fh-edge` answers a preflight of a browser. */
const PREFLIGHT = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, PUT, DELETE, OPTIONS, HEAD",
  "access-control-allow-headers":
    "x-requested-with,authorization,content-type,cache-control,x-featurehub,baggage,if-none-match,etag,last-event-id",
};
/** The headers of other responses to pages of another origin. */
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "etag,cache-control,retry-after,date",
};

/** A request that the Edge received. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** The time of the request in milliseconds, on a monotonic clock. */
  readonly at: number;
}

/** A function that answers a request in place of the Edge. */
export type EdgeAnswer = (response: ServerResponse, request: IncomingMessage) => void;

/**
 * An Edge for pages: it answers streams and polls with its features, sends updates to all open streams, and records the requests. It speaks
 * HTTP/1.1, of which a browser opens at most six connections to one Edge.
 */
export class PageEdge implements AsyncDisposable {
  #server: Server;
  #port = 0;
  readonly #watchers = new Set<() => void>();
  readonly #features = new Map<string, string>();
  /** The requests without preflights, in their order. */
  readonly requests: Seen[] = [];
  readonly preflights: Seen[] = [];
  /** The open streams. */
  readonly streams = new Set<ServerResponse>();
  /** Answers to the next requests, the first one first. */
  readonly next: EdgeAnswer[] = [];
  /** Answers each request that `next` does not answer; `undefined` for the features. */
  answer: EdgeAnswer | undefined;
  /** The etag of polls; without it, a poll has none. */
  etag: string | undefined;

  private constructor() {
    this.#server = this.#created();
  }

  /** Starts an Edge with these features, given as JSON. */
  static async start(...features: readonly string[]): Promise<PageEdge> {
    const edge = new PageEdge();
    edge.set(...features);
    await edge.listen();
    return edge;
  }

  /** The URL of the Edge. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Sets features without an event. */
  set(...features: readonly string[]): void {
    for (const json of features) this.#features.set((JSON.parse(json) as { key: string }).key, json);
  }

  /** Sets a feature, and sends it on all open streams. */
  update(json: string): void {
    this.set(json);
    for (const stream of this.streams) stream.write(`event: feature\ndata: ${json}\n\n`);
  }

  /** Waits until the condition is true. It is checked now, and after each request and each end of a stream. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.add(resolve));
  }

  /** Listens, on the same port as before. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Ends the Edge and its connections, as the death of its process does. */
  async kill(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
    this.#server = this.#created();
  }

  /** Answers with a stream of the features. */
  stream(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(list(...this.#features.values()));
    this.streams.add(response);
    this.#notify();
  }

  /** Answers a poll with the features. */
  poll(response: ServerResponse, request?: IncomingMessage): void {
    const { etag } = this;
    const headers = { "content-type": "application/json", ...(etag === undefined ? {} : { etag }) };
    if (etag !== undefined && request?.headers["if-none-match"] === etag) {
      response.writeHead(304, headers).end();
      return;
    }
    const features = [...this.#features.values()].join(",");
    response.writeHead(200, headers).end(`[{"id":"environment","features":[${features}]}]`);
  }

  /** Ends the Edge. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.kill();
  }

  #created(): Server {
    return createServer((request, response) => {
      const { method = "", url = "", headers } = request;
      const seen = { method, url, headers, at: performance.now() };
      if (method === "OPTIONS") {
        this.preflights.push(seen);
        response.writeHead(200, PREFLIGHT).end();
        return;
      }
      for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
      response.on("close", () => {
        this.streams.delete(response);
        this.#notify();
      });
      this.requests.push(seen);
      const answer = this.next.shift() ?? this.answer;
      if (answer) answer(response, request);
      else if (url.startsWith("/features?")) this.poll(response, request);
      else this.stream(response);
      this.#notify();
    });
  }

  #notify(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of watchers) watcher();
  }
}
