import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server-evaluated key, and a client-evaluated one. */
export const [SERVER_KEY, CLIENT_KEY] = [
  "environment/secret-of-the-server",
  "environment/secret*of-the-client",
];

/** A request that the Edge received, and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Returns the JSON of a feature. */
export function feature(key: string, value: unknown, version = 1, more: object = {}): string {
  const types = { boolean: "BOOLEAN", number: "NUMBER", string: "STRING", object: "JSON" } as const;
  const type = types[typeof value as keyof typeof types];
  const stored = type === "JSON" ? JSON.stringify(value) : value;
  return JSON.stringify({ id: key, key, type, version, value: stored, l: false, ...more });
}

/** Returns the event of a stream with a list of features. */
export function list(...features: readonly string[]): string {
  return `event: features\ndata: [${features.join(",")}]\n\n`;
}

/** An Edge whose test answers each request itself. */
export class ScriptedEdge implements AsyncDisposable {
  readonly #server: Server;
  readonly #arrived: Exchange[] = [];
  readonly #waiting: ((exchange: Exchange) => void)[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const waiting = this.#waiting.shift();
      if (waiting) waiting({ request, response });
      else this.#arrived.push({ request, response });
    });
  }

  /** Starts an Edge on a free port. */
  static async start(): Promise<ScriptedEdge> {
    const edge = new ScriptedEdge();
    edge.#server.listen(0, "127.0.0.1");
    await once(edge.#server, "listening");
    return edge;
  }

  /** The URL of the Edge. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits for the next request. */
  next(): Promise<Exchange> {
    const exchange = this.#arrived.shift();
    return exchange ? Promise.resolve(exchange) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Answers the next request with a stream, which begins with these features. */
  async stream(...features: readonly string[]): Promise<Exchange> {
    const exchange = await this.next();
    exchange.response.writeHead(200, { "content-type": "text/event-stream" });
    exchange.response.write(list(...features));
    return exchange;
  }

  /** Answers the next request with a poll's body. */
  async poll(features: readonly string[]): Promise<Exchange> {
    const exchange = await this.next();
    exchange.response.writeHead(200, { "content-type": "application/json" });
    exchange.response.end(`[{"id":"environment","features":[${features.join(",")}]}]`);
    return exchange;
  }

  /** Ends the Edge and its connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}
