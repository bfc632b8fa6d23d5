import { subscribe } from "node:diagnostics_channel";

/** The message of the channel, which Node's `fetch` publishes when a request begins on a connection. */
interface SentHeaders {
  readonly request: { readonly origin: string | URL; readonly path: string };
  readonly socket: { unref(): void };
}

/** The URL of a client's last request. */
export interface LastRequest {
  url: string | undefined;
}

/** The clients whose connections must not keep the program running. */
const clients = new Set<WeakRef<LastRequest>>();
let isListening = false;

/**
 * Makes the connection of this request, and of later requests that are written into the same object, no reason for the program to go on.
 * Node's `fetch` gives no access to a connection, but publishes it on a channel for diagnostics.
 */
export function unrefSockets(last: LastRequest): void {
  clients.add(new WeakRef(last));
  if (isListening) return;
  isListening = true;
  subscribe("undici:client:sendHeaders", (message) => {
    const { request, socket } = message as SentHeaders;
    const url = `${String(request.origin)}${request.path}`;
    for (const client of clients) {
      const found = client.deref();
      if (found === undefined) clients.delete(client);
      else if (found.url === url) socket.unref();
    }
  });
}
