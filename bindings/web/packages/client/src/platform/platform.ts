import type { ModuleBytes } from "./browser_types.ts";
import type { ClientOptions } from "../options/options.ts";
import type { StateStorage } from "../storage/stored_state.ts";
import type { End, Redirected, Request, ResponseHead } from "../session/lib.ts";

/** A timer that was set. */
export interface Timer {
  /** Ends the timer. Its function is not called any more. */
  clear(): void;
}

/** The body of a response, of which the pieces arrive one by one: a `ReadableStream`, or as much of one as the client uses. */
export interface ArrivingBody {
  getReader(): { read(): Promise<{ readonly value?: Uint8Array | undefined }> };
}

/** The head of a response, and its body. */
export interface ArrivingResponse {
  readonly head: ResponseHead;
  readonly body: ArrivingBody | null;
  /** The failure of a kept connection after which the request was sent once more. */
  readonly repeatedAfter?: Error;
}

/** A request of the session, with the program's own headers. */
export interface PlatformRequest extends Request {
  /** True if a header holds a context or was given by the program, so that it must not reach another origin. */
  readonly isPrivate: boolean;
  /** The method and the body of a test update; `undefined` for other requests. */
  readonly init?: RequestInit;
}

/** What the driver does when the page or the network changes. */
export interface LifeCycle {
  /** Requests features as soon as possible. */
  refresh(): void;
  /** Sends no requests until {@link LifeCycle.resume}. */
  suspend(): void;
  /** Ends the suspension. */
  resume(): void;
  /** Delivers events and usage at once, because the program may end. */
  flush(): void;
}

/** The settings of a client that its platform carries out. */
export type PlatformSettings = Pick<
  ClientOptions,
  "engine" | "fetch" | "fullEngine" | "hydrate" | "keepAlive" | "whenHidden"
>;

/** The clock, the timers and the network of a browser or of Node. One client has one platform. */
export interface Platform {
  /** The default value of the header `x-sdk`; `undefined` for no such header. */
  readonly identification: string | undefined;
  /** Returns the milliseconds since a fixed time, on a clock that is never set. The clock may stop while the machine sleeps. */
  monotonic(): number;
  /** Returns the milliseconds since 1970. */
  wallClock(): number;
  /** Calls a function once, after `delay` milliseconds. */
  setTimer(call: () => void, delay: number): Timer;
  /**
   * Sends a request. The promise is fulfilled as soon as the head has arrived. The signal aborts the request and the body.
   *
   * @throws an error, of which {@link Platform.endOf} makes the reason
   */
  send(request: PlatformRequest, signal: AbortSignal): Promise<ArrivingResponse>;
  /** Returns the reason why a request or its body failed. The text contains neither the URL nor a header. */
  endOf(error: unknown): End;
  /** Watches the page or the program. Returns the function that ends the watch. */
  watch(lifeCycle: LifeCycle): () => void;
  /** Resolves the target of a redirect, for the session; `undefined` if the platform follows redirects itself. */
  readonly redirected?: Redirected;
  /** The storage in which a client keeps its last state by default; `undefined` if the platform has none, or forbids it. */
  readonly storage: StateStorage | undefined;
  /** True if other tabs can share the streams of a client. */
  readonly hasTabs: boolean;
  /** Reads a `file:` URL, which `fetch` cannot do; `undefined` if the platform has no files. */
  readonly readFile: ((url: URL) => Promise<ModuleBytes>) | undefined;
}
