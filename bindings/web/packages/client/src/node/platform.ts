import type { ModuleBytes } from "../platform/browser_types.ts";
import { readFile } from "node:fs/promises";
import type { ArrivingResponse, PlatformRequest, PlatformSettings } from "../platform/platform.ts";
import { type End, redirected } from "../session/lib.ts";
import type { UsageCode } from "../client/late_observers.ts";
import * as observers from "../repository/usage/observers.ts";
import { checkOptions } from "../options/check.ts";
import { ANONYMOUS, headersOf, VERSION, WebPlatform } from "../platform/web.ts";
import { Connections, ConnectTimeout } from "./connections.ts";

/** The codes of errors of a TLS handshake. */
const TLS_ERROR =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$)/;

/** The advice for a TLS handshake that a server without TLS answers. */
const WITHOUT_TLS =
  "the server answers without TLS at this port: write http:// in the URL, or the port at which it has https";

/** The code for observers is always loaded, because size does not matter in Node. */
export const usageCode: UsageCode = observers;

/** The platform of Node, and of programs that are compatible with it. */
export class ClientPlatform extends WebPlatform {
  readonly identification = `JavaScript,${VERSION}`;
  readonly storage = undefined;
  readonly hasTabs = false;
  readonly readFile = readBytes;
  override readonly redirected = redirected;
  readonly #connections: Connections;

  constructor(settings: PlatformSettings) {
    super(settings);
    checkOptions(settings);
    this.#connections = new Connections(settings.keepAlive !== false);
    // A rejection without a handler would end the program before the engine is loaded, which reports the reason. `hydrate` is no promise.
    for (const value of [settings.engine, settings.fullEngine, settings.hydrate] as readonly unknown[])
      if (value instanceof Promise) value.catch(() => undefined);
  }

  /** {@inheritDoc Platform.send} */
  override send(request: PlatformRequest, signal: AbortSignal): Promise<ArrivingResponse> {
    const usesFetch = this.settings.fetch !== undefined || !isNodes(globalThis.fetch);
    return usesFetch ? super.send(request, signal) : this.#connections.send(request, signal);
  }

  /**
   * The session follows redirects. A `fetch` that is not Node's own may keep responses: that of Next 14 stores polls in files, and reads
   * streams to their end.
   */
  protected requestInit(request: PlatformRequest): RequestInit {
    return { ...ANONYMOUS, headers: headersOf(request), redirect: "manual", cache: "no-store" };
  }

  protected check(): void {
    // The session checks the response.
  }

  /** {@inheritDoc Platform.endOf} */
  endOf(error: unknown): End {
    // A function of the program may throw anything, also `undefined`.
    const { cause = error } = Object(error) as { readonly cause?: unknown };
    const { code = "", message } = Object(cause) as { readonly code?: string; readonly message?: string };
    if (error instanceof ConnectTimeout || code === "UND_ERR_CONNECT_TIMEOUT")
      return { kind: "connect_timeout" };
    const said = [code, message].filter(Boolean).join(": ") || "the request failed";
    const text = said.includes("wrong version number") ? `${said}; ${WITHOUT_TLS}` : said;
    return { kind: TLS_ERROR.test(code) ? "tls" : "broken", text };
  }

  /** Watches nothing, because Node reports no changes of the network. The end of the watch ends the connections. */
  watch(): () => void {
    return () => {
      this.#connections.close();
    };
  }
}

/**
 * Returns true for Node's own `fetch`, and if there is none. That of Deno or Bun is another one, and so is one that a program has put in the
 * place of Node's, for example in a test.
 */
function isNodes(fetch: unknown): boolean {
  return (
    typeof fetch !== "function" || Function.prototype.toString.call(fetch).includes("internal/deps/undici")
  );
}

async function readBytes(url: URL): Promise<ModuleBytes> {
  return new Uint8Array(await readFile(url));
}
