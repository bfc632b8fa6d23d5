import { Client } from "../client/client.ts";

const KEY = "memory/memory*";

/** A stream whose events a program writes, for features that come from no Edge. */
export class MemoryEdge {
  /** The client that receives the events. */
  readonly client: Client;
  readonly #waiting: string[] = [];
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor() {
    this.client = new Client("http://memory.invalid", KEY, {
      keepAlive: false,
      // Each repository of a program begins without features. An entry of another one would have the same key.
      storage: null,
      fetch: () => Promise.resolve(this.#open()),
    });
  }

  /** Sends an event. Reads see it once the client has received it. */
  send(event: string, data: unknown): void {
    // The ids of environments are left out, because they are not that of this stream.
    const json = JSON.stringify(data ?? null, (name, value: unknown) =>
      name === "environmentId" ? undefined : value,
    );
    this.#waiting.push(`event: ${event}\ndata: ${json}\n\n`);
    this.#flush();
  }

  #open(): Response {
    const body = new ReadableStream<Uint8Array>({ start: (stream) => void (this.#stream = stream) });
    this.#flush();
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  #flush(): void {
    for (const text of this.#stream ? this.#waiting.splice(0) : []) {
      this.#stream?.enqueue(new TextEncoder().encode(text));
    }
  }
}
