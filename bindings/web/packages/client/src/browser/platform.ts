import type { LifeCycle, PlatformRequest } from "../platform/platform.ts";
import type { End } from "../session/lib.ts";
import type { UsageCode } from "../client/late_observers.ts";
import { ANONYMOUS, WebPlatform } from "../platform/web.ts";
import { watchPage } from "./page.ts";

/** The code for observers is loaded when a program registers one, so that other pages do not load it. */
export const usageCode: UsageCode = () => import("../repository/usage/observers.ts");

/** The platform of pages and of workers. */
export class ClientPlatform extends WebPlatform {
  /** Browsers send no `x-sdk`, because the preflight of an Edge refuses it. */
  readonly identification = undefined;
  /** Pages on plain http have no locks. */
  readonly hasTabs =
    typeof BroadcastChannel === "function" && typeof navigator === "object" && "locks" in navigator;
  readonly readFile = undefined;

  /** Programs in a frame or a worker, and visitors who forbid it, may have no storage. */
  get storage(): Storage | undefined {
    try {
      return globalThis.localStorage;
    } catch {
      return undefined;
    }
  }

  /**
   * A browser follows redirects itself or not at all. It must not follow one that would carry a context or the program's headers to another
   * origin (P-028). The header `cache-control` alone would cost a preflight.
   */
  protected requestInit({ headers, isPrivate }: PlatformRequest): RequestInit {
    return {
      ...ANONYMOUS,
      headers: headers
        .filter(([name]) => name !== "cache-control")
        .map(([name, value]): [string, string] => [name, value]),
      cache: "no-store",
      redirect: isPrivate ? "error" : "follow",
    };
  }

  /** @throws an error if the browser followed a redirect to another origin */
  protected check({ url }: PlatformRequest, { redirected, url: last }: Response): void {
    if (redirected && new URL(last).origin !== new URL(url.expose()).origin)
      throw new Error("a redirect led to another origin");
  }

  /** {@inheritDoc Platform.endOf} */
  endOf(error: unknown): End {
    const text = error instanceof Error ? error.message : "the request failed";
    // A browser does not tell a page why a request failed.
    const causes = error instanceof TypeError ? " (network, TLS, CORS or a blocker)" : "";
    return { kind: "broken", text: text + causes };
  }

  /** {@inheritDoc Platform.watch} */
  watch(lifeCycle: LifeCycle): () => void {
    return watchPage(lifeCycle, this.settings.whenHidden === "pause");
  }
}
