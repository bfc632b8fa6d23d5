import { parse } from "../text/json.ts";
import type { AnyFlags, FlagKey } from "../reads/plain_value.ts";
import { utf8 } from "../text/text.ts";
import { type FeatureChange, TestFeatures } from "./features.ts";

/** A request that a {@link TestEdge} received. */
export interface TestRequest {
  /** The method, such as `GET`. */
  readonly method: string;
  /** The URL, with the path and the query that the client requested. */
  readonly url: URL;
  /** The headers that the client sent. */
  readonly headers: Headers;
}

/** The environment of both keys. */
const ENVIRONMENT = "test";
/** The requests of polls; all others are streams. */
const POLL_PATH = "/features";

/** An open stream. */
interface Stream {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly hasRules: boolean;
}

/**
 * An Edge in memory, which answers the requests of clients that get {@link TestEdge.fetch} as their option `fetch`. It streams and polls, for
 * both kinds of keys. Nothing leaves the program.
 *
 * With a client-evaluated key, clients get the strategies of the features, and load the engine. With a server-evaluated key, each context
 * has the values that the test sets: this Edge evaluates nothing.
 *
 * @example
 * ```ts
 * const edge = testEdge<Flags>({ NEW_CHECKOUT: true });
 * const client = new Client<Flags>(edge.url, edge.serverKey, { fetch: edge.fetch });
 * await client.ready();
 * edge.set("NEW_CHECKOUT", false);
 * await client.statusWhen(() => !client.isEnabled("NEW_CHECKOUT"));
 * ```
 */
export class TestEdge<F extends object = AnyFlags> {
  /** The URL for clients. It exists for {@link TestEdge.fetch} only. */
  readonly url = "https://edge.test";
  /** A key with which clients evaluate the rules. */
  readonly clientKey = `${ENVIRONMENT}/client*key`;
  /** A key with which the Edge evaluates the rules. */
  readonly serverKey = `${ENVIRONMENT}/server-key`;
  /** The requests so far, in their order. */
  readonly requests: TestRequest[] = [];
  readonly #features = new TestFeatures();
  readonly #streams = new Set<Stream>();
  #failure: number | "unreachable" | undefined;
  #state = 0;

  /** @internal */
  constructor(values: Partial<F>) {
    for (const [key, value] of Object.entries(values)) this.#features.change(key, { value });
  }

  /** The number of open streams. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Answers a request of a client. Pass it as the option `fetch`. */
  readonly fetch: typeof fetch = (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const { method = "GET", signal } = init;
    const headers = new Headers(init.headers);
    this.requests.push({ method, url, headers });
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const failure = this.#failure;
    if (failure === "unreachable") return Promise.reject(new TypeError("the test Edge is unreachable"));
    const status = failure ?? (method === "GET" ? 200 : 405);
    if (status !== 200) return Promise.resolve(new Response(null, { status }));
    return Promise.resolve(
      url.pathname === POLL_PATH ? this.#poll(url, headers) : this.#stream(url, signal ?? undefined),
    );
  };

  /** Sets the value of a feature, and sends it to all streams. A feature that does not exist is created with the type of the value. */
  set<K extends FlagKey<F>>(key: K, value: F[K] | null): void {
    this.update(key, { value });
  }

  /**
   * Changes several parts of a feature, such as its lock and its strategies, and sends the feature to all streams. A feature that does not
   * exist is created.
   *
   * @example
   * ```ts
   * edge.update("COLOUR", { value: "red", locked: true });
   * ```
   */
  update<K extends FlagKey<F>>(key: K, change: FeatureChange<F[K]>): void {
    this.#features.change(key, change);
    this.#send("feature", this.#features.jsonOf(key));
  }

  /** Deletes a feature, and tells all streams. */
  delete(key: FlagKey<F>): void {
    const json = this.#features.jsonOf(key);
    this.#features.delete(key);
    this.#send("delete_feature", json);
  }

  /**
   * Ends all streams, and answers each request with this status, or not at all, until {@link TestEdge.heal}. A client waits before it tries
   * again, for at least a minute if it is refused: give it short delays by the options `backoff` and `backoffWhenRefused`.
   *
   * @param failure - a status such as 401 or 503, which is the default, or `unreachable` for a connection that fails
   *
   * @example
   * ```ts
   * edge.fail(401);
   * await client.statusWhen(({ problem }) => problem?.code === "unauthorised");
   * ```
   */
  fail(failure: number | "unreachable" = 503): void {
    this.#failure = failure;
    for (const { controller } of this.#streams) controller.close();
    this.#streams.clear();
  }

  /** Answers requests with the features again. */
  heal(): void {
    this.#failure = undefined;
  }

  #poll(url: URL, headers: Headers): Response {
    const etag = `"${this.#state}"`;
    if (headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers: { etag } });
    const hasRules = url.searchParams.getAll("apiKey").some((key) => key.includes("*"));
    const body = `[{"id":"${ENVIRONMENT}","features":${this.#list(hasRules)}}]`;
    return new Response(body, { headers: { etag, "content-type": "application/json" } });
  }

  #stream(url: URL, signal: AbortSignal | undefined): Response {
    const hasRules = decodeURIComponent(url.pathname).includes("*");
    let stream: Stream | undefined;
    const forget = (): void => {
      if (stream) this.#streams.delete(stream);
    };
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        stream = { controller, hasRules };
        this.#streams.add(stream);
        controller.enqueue(event("features", this.#list(hasRules)));
      },
      cancel: forget,
    });
    signal?.addEventListener("abort", () => {
      if (stream && this.#streams.delete(stream)) stream.controller.error(signal.reason);
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  #list(hasRules: boolean): string {
    return `[${this.#features
      .json()
      .map((json) => shown(json, hasRules))
      .join(",")}]`;
  }

  /** Sends a feature on all streams. A feature that does not exist is not sent. */
  #send(name: string, json: string | undefined): void {
    if (json === undefined) return;
    this.#state++;
    for (const { controller, hasRules } of this.#streams)
      controller.enqueue(event(name, shown(json, hasRules)));
  }
}

/** Returns a feature as clients with such a key get it: only those that evaluate rules get strategies. */
function shown(json: string, hasRules: boolean): string {
  return hasRules ? json : JSON.stringify({ ...(parse(json) as object), strategies: undefined });
}

function event(name: string, json: string): Uint8Array {
  return utf8(`event: ${name}\ndata: ${json}\n\n`);
}

/**
 * Returns an Edge in memory with these features.
 *
 * @example
 * ```ts
 * const edge = testEdge<Flags>({ NEW_CHECKOUT: true, COLOUR: "red" });
 * const client = new Client<Flags>(edge.url, edge.clientKey, { fetch: edge.fetch });
 * ```
 */
export function testEdge<F extends object = AnyFlags>(values: Partial<F> = {}): TestEdge<F> {
  return new TestEdge<F>(values);
}
