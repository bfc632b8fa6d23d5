import { type End, redirected } from "../session/lib.ts";
import type { UsageCode } from "../client/late_observers.ts";
import { checkOptions } from "../options/check.ts";
import type { PlatformRequest, PlatformSettings } from "../platform/platform.ts";
import { headersOf, VERSION, WebPlatform } from "../platform/web.ts";

/** The code for observers is loaded when a program registers one, so that other programs start without it. */
export const usageCode: UsageCode = () => import("../repository/usage/observers.ts");

/** The platform of workerd, and of other runtimes at the edge of a network: they have `fetch`, but neither pages nor files. */
export class ClientPlatform extends WebPlatform {
  readonly identification = `JavaScript,${VERSION}`;
  readonly storage = undefined;
  readonly hasTabs = false;
  readonly readFile = undefined;
  override readonly redirected = redirected;

  constructor(settings: PlatformSettings) {
    super(settings);
    checkOptions(settings);
  }

  /**
   * The session follows redirects. These runtimes have neither cookies nor referrers, and refuse the settings for them. The `fetch` of Next
   * 14 keeps responses in files, also in its edge runtime.
   */
  protected requestInit(request: PlatformRequest): RequestInit {
    return {
      ...{ headers: headersOf(request), redirect: "manual" },
      ...("EdgeRuntime" in globalThis ? { cache: "no-store" } : {}),
    };
  }

  protected check(): void {
    // The session checks the response.
  }

  /** {@inheritDoc Platform.endOf} */
  endOf(error: unknown): End {
    return { kind: "broken", text: error instanceof Error ? error.message : "the request failed" };
  }

  /** Watches nothing, because these runtimes report no changes of the network. */
  watch(): () => void {
    return () => undefined;
  }
}
