import type { ModuleBytes } from "./browser_types.ts";
import type {
  ArrivingResponse,
  LifeCycle,
  Platform,
  PlatformRequest,
  PlatformSettings,
  Timer,
} from "./platform.ts";
import type { End, Redirected } from "../session/lib.ts";
import type { StateStorage } from "../storage/stored_state.ts";

/** Settings of each request. Runtimes without cookies and referrers do not have them, and refuse them. */
export const ANONYMOUS = { credentials: "omit", referrerPolicy: "no-referrer" } as const;

/**
 * Returns the headers of a request for a runtime in which a program can choose the encoding. A stream is requested without compression, because
 * a proxy that compresses it holds events back until there is enough data to compress.
 */
export function headersOf({ kind, headers }: PlatformRequest): [string, string][] {
  const encoding: [string, string][] = kind === "stream" ? [["accept-encoding", "identity"]] : [];
  return [...encoding, ...headers.map(([name, value]): [string, string] => [name, value])];
}

/** What all platforms have in common: `fetch`, `setTimeout` and the clocks. */
export abstract class WebPlatform implements Platform {
  abstract readonly identification: string | undefined;
  abstract readonly storage: StateStorage | undefined;
  abstract readonly hasTabs: boolean;
  abstract readonly readFile: ((url: URL) => Promise<ModuleBytes>) | undefined;
  declare readonly redirected?: Redirected;
  protected readonly settings: PlatformSettings;

  constructor(settings: PlatformSettings) {
    this.settings = settings;
  }

  /** {@inheritDoc Platform.monotonic} */
  monotonic(): number {
    return performance.now();
  }

  /** {@inheritDoc Platform.wallClock} */
  wallClock(): number {
    return Date.now();
  }

  /** {@inheritDoc Platform.setTimer} */
  setTimer(call: () => void, delay: number): Timer {
    const timer: unknown = setTimeout(call, delay);
    if (this.settings.keepAlive === false) (timer as { unref?: () => void }).unref?.();
    return {
      clear: () => {
        clearTimeout(timer as number);
      },
    };
  }

  /** {@inheritDoc Platform.send} */
  async send(request: PlatformRequest, signal: AbortSignal): Promise<ArrivingResponse> {
    const send = this.settings.fetch ?? fetch;
    const response = await send(request.url.expose(), {
      ...this.requestInit(request),
      ...request.init,
      signal,
    });
    this.check(request, response);
    return { head: { status: response.status, headers: [...response.headers] }, body: response.body };
  }

  /** Returns the settings of a request that depend on the platform. */
  protected abstract requestInit(request: PlatformRequest): RequestInit;

  /** @throws an error if the response must not be used */
  protected abstract check(request: PlatformRequest, response: Response): void;

  abstract endOf(error: unknown): End;

  abstract watch(lifeCycle: LifeCycle): () => void;
}

/** The version of the package, which a test compares with `package.json`. */
export const VERSION = "0.1.0";
