import { readFile } from "node:fs/promises";

import type { PlatformRequest, PlatformSettings } from "../platform.ts";
import type { End } from "../session/lib.ts";
import { VERSION } from "../version.ts";
import { WebPlatform } from "../web_platform.ts";
import { type LastRequest, unrefSockets } from "./unref_sockets.ts";

/** The codes of errors of a TLS handshake. */
const TLS_ERROR =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$)/;

/** The platform of Node, and of programs that are compatible with it. */
export class ClientPlatform extends WebPlatform {
  readonly identification = `JavaScript,${VERSION}`;
  readonly readFile = readBytes;
  readonly #last: LastRequest = { url: undefined };

  constructor(settings: PlatformSettings) {
    super(settings);
    if (!settings.keepAlive) unrefSockets(this.#last);
  }

  /**
   * The session follows redirects (D-82). Node caches nothing, and would send `cache-control` for the mode `no-store`, which shared caches
   * obey.
   */
  protected requestInit({ url, headers }: PlatformRequest): RequestInit {
    this.#last.url = new URL(url.expose()).href;
    return { headers: headers.map(([name, value]): [string, string] => [name, value]), redirect: "manual" };
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

  /** Watches nothing: Node reports no changes of the network. */
  watch(): () => void {
    return () => undefined;
  }
}

async function readBytes(url: URL): Promise<BufferSource> {
  return new Uint8Array(await readFile(url));
}
