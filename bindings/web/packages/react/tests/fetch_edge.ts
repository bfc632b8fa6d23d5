export { feature, SERVER_KEY } from "../../client/tests/client/scripted_edge.ts";

/** Settings of a client that retries at once. */
export const AT_ONCE = { backoff: { initial: 0.001, cap: 0.001 }, pace: 0.001 };

/** The ways in which an Edge is away. */
export const OUTAGES = [503, "unreachable"] as const;

/** A stream that a client has opened. */
export interface OpenStream {
  /** The context of a server-evaluated key, as its header has it. */
  readonly context: string;
  readonly signal: AbortSignal;
  /** Sends a list of features. */
  list(...features: readonly string[]): void;
  /** Sends one feature. */
  feature(json: string): void;
  /** Sends an event of the protocol. */
  event(name: string, data: string): void;
}

/** An Edge behind a `fetch` that is given to clients. */
export class FetchEdge {
  /** The streams in the order in which clients opened them. */
  readonly streams: OpenStream[] = [];
  /** The status with which requests are refused, or that there is no connection; `undefined` while streams are opened. */
  refusal: number | "unreachable" | undefined;
  /** Number of requests. */
  requests = 0;

  /** Called for each stream that was opened. */
  onStream: (stream: OpenStream) => void = () => undefined;

  /** Number of streams that no client has ended. */
  get open(): number {
    return this.streams.filter(({ signal }) => !signal.aborted).length;
  }

  /** The function to give to clients. */
  readonly fetch = ((_url: string, init: RequestInit): Promise<unknown> => {
    this.requests++;
    const headers = new Headers([["content-type", "text/event-stream"]]);
    const { refusal } = this;
    if (refusal === "unreachable") return Promise.reject(new TypeError("fetch failed"));
    if (refusal !== undefined) {
      return Promise.resolve({ status: refusal, headers, body: null, redirected: false });
    }
    const { signal } = init;
    let send: (text: string) => void = () => undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = (text) => {
          controller.enqueue(new TextEncoder().encode(text));
        };
        signal?.addEventListener("abort", () => {
          controller.error(new Error("aborted"));
        });
      },
    });
    const event = (name: string, data: string): void => {
      send(`event: ${name}\ndata: ${data}\n\n`);
    };
    const sent = init.headers as [string, string][];
    const stream: OpenStream = {
      context: sent.find(([name]) => name.toLowerCase() === "x-featurehub")?.[1] ?? "",
      signal: signal as AbortSignal,
      list: (...features) => {
        event("features", `[${features.join(",")}]`);
      },
      feature: (json) => {
        event("feature", json);
      },
      event,
    };
    this.streams.push(stream);
    this.onStream(stream);
    return Promise.resolve({ status: 200, headers, body, redirected: false });
  }) as unknown as typeof fetch;
}
