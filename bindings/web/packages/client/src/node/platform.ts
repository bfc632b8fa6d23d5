import { readFile } from "node:fs/promises";

import type { ArrivingResponse, PlatformRequest, PlatformSettings } from "../platform.ts";
import { type End, redirected } from "../session/lib.ts";
import type { UsageCode } from "../late_observers.ts";
import * as observers from "../repository/usage/observers.ts";
import { VERSION } from "../version.ts";
import { ANONYMOUS, WebPlatform } from "../web_platform.ts";
import { RequestSocket } from "./request_socket.ts";
import { type LastRequest, unrefSockets } from "./unref_sockets.ts";

/** The codes of errors of a TLS handshake. */
const TLS_ERROR =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$)/;

/** The code for observers is always loaded, because size does not matter in Node. */
export const usageCode: UsageCode = observers;

/** The platform of Node, and of programs that are compatible with it. */
export class ClientPlatform extends WebPlatform {
  readonly identification = `JavaScript,${VERSION}`;
  readonly storage = undefined;
  readonly hasTabs = false;
  readonly readFile = readBytes;
  override readonly redirected = redirected;
  readonly #last: LastRequest = { url: undefined };
  /** The connection of the last request. */
  #socket: RequestSocket | undefined;

  constructor(settings: PlatformSettings) {
    super(settings);
    if (!settings.keepAlive) unrefSockets(this.#last);
  }

  /** {@inheritDoc Platform.send} */
  override send(request: PlatformRequest, signal: AbortSignal): Promise<ArrivingResponse> {
    const socket = new RequestSocket();
    this.#socket = socket;
    signal.addEventListener("abort", () => {
      socket.destroy();
    });
    return socket.run(() => super.send(request, signal));
  }

  /**
   * The session follows redirects (D-82). Node caches nothing, and would send `cache-control` for the mode `no-store`, which shared caches
   * obey.
   */
  protected requestInit({ url, headers }: PlatformRequest): RequestInit {
    this.#last.url = new URL(url.expose()).href;
    return {
      ...ANONYMOUS,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      redirect: "manual",
    };
  }

  protected check(): void {
    // The session checks the response.
  }

  /** {@inheritDoc Platform.endOf} */
  endOf(error: unknown): End {
    const { cause } = error as { readonly cause?: unknown };
    const { code = "", message } = (cause ?? error) as { readonly code?: string; readonly message?: string };
    if (code === "UND_ERR_CONNECT_TIMEOUT") return { kind: "connect_timeout" };
    const text = [code, message].filter(Boolean).join(": ") || "the request failed";
    return { kind: TLS_ERROR.test(code) ? "tls" : "broken", text };
  }

  /** Watches nothing, because Node reports no changes of the network. The end of the watch ends the connection. */
  watch(): () => void {
    return () => this.#socket?.destroy();
  }
}

async function readBytes(url: URL): Promise<BufferSource> {
  return new Uint8Array(await readFile(url));
}
