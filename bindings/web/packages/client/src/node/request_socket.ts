import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";

interface Socket {
  destroy(): void;
}

/** The message of the channels, which Node's `fetch` publishes about a request. Only the second channel has a socket. */
interface Message {
  readonly request: object;
  readonly socket: Socket;
}

/** The request that the running part of the program sends. */
const running = new AsyncLocalStorage<RequestSocket>();
/** The requests, by the objects with which Node's `fetch` names them. */
const requests = new WeakMap<object, RequestSocket>();
/** The last request of each connection. */
const carried = new WeakMap<Socket, RequestSocket | undefined>();
let isListening = false;

/**
 * The connection of one request. Node's `fetch` gives no access to a connection, but publishes it on channels for diagnostics.
 *
 * After the abort of a request, Node's `fetch` opens another connection, which nothing uses. It does not if the connection of the request
 * has ended before. After a complete response, Node's `fetch` keeps the connection for some seconds.
 */
export class RequestSocket {
  #socket: Socket | undefined;

  /** Calls a function, which sends the request. */
  run<T>(send: () => T): T {
    listen();
    return running.run(this, send);
  }

  /** Ends the connection, unless it carries or has carried a later request. */
  destroy(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined && carried.get(socket) === this) socket.destroy();
  }

  /** Handles the message that the request is on this connection. */
  set(socket: Socket): void {
    this.#socket = socket;
  }
}

function listen(): void {
  if (isListening) return;
  isListening = true;
  subscribe("undici:request:create", (message) => {
    const request = running.getStore();
    if (request !== undefined) requests.set((message as Message).request, request);
  });
  subscribe("undici:client:sendHeaders", (message) => {
    const { request, socket } = message as Message;
    const known = requests.get(request);
    carried.set(socket, known);
    known?.set(socket);
  });
}
