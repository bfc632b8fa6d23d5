import { EdgeUrl, Secrets, URL_ERRORS } from "../session/lib.ts";
import { parseKeys } from "../options/start_error.ts";
import { platformOf, put } from "../test_updates/put.ts";
import { updateBody } from "../test_updates/update.ts";
import type { FeatureHubConfig } from "./config.ts";
import { fhLog } from "./log.ts";
import type { FeatureStateUpdate } from "./models.ts";

/** A sender of updates. */
export interface FeatureUpdatePostManager {
  post(url: string, update: FeatureStateUpdate): Promise<boolean>;
}

/** A function that returns a sender of updates. */
export type FeatureUpdaterProvider = () => FeatureUpdatePostManager;

/** The time limit of an update in milliseconds. */
const LIMIT = 12_000;

/** Sends updates as the test updates of `fh-client`. */
export class FeaturePostUpdater implements FeatureUpdatePostManager {
  readonly #platform = platformOf();

  /** Returns true if the Edge has accepted the update. */
  async post(url: string, { value, updateValue, lock }: FeatureStateUpdate): Promise<boolean> {
    const [, host = "", apiKey = "", key = ""] = /^(.*)\/features\/(.+)\/([^/]+)$/s.exec(url) ?? [];
    try {
      const update = { value: value ?? (updateValue === true ? null : undefined), lock: lock ?? undefined };
      const edge = EdgeUrl.parse(host);
      const keys = parseKeys(apiKey, false);
      if (typeof edge === "string") throw new TypeError(URL_ERRORS[edge]);
      const secrets = new Secrets(keys.list);
      const target = { edge, key: keys.first, headers: [], secrets, platform: this.#platform, limit: LIMIT };
      fhLog.trace("update result -> ", await put(target, decodeURIComponent(key), updateBody(update)));
      return true;
    } catch (error) {
      fhLog.trace("update result -> ", String(error));
      return false;
    }
  }
}

/**
 * Changes features for tests, with a key that may do so.
 *
 * @example
 * ```ts
 * await new FeatureUpdater(config).updateKey("NEW_CHECKOUT", { lock: false, value: true });
 * ```
 */
export class FeatureUpdater {
  static featureUpdaterProvider: FeatureUpdaterProvider = () => new FeaturePostUpdater();
  readonly manager: FeatureUpdatePostManager;
  readonly #url: string;

  constructor(config: FeatureHubConfig) {
    this.#url = config.url();
    this.manager = FeatureUpdater.featureUpdaterProvider();
  }

  /** Returns true if the Edge has accepted the update. */
  updateKey(key: string, update: FeatureStateUpdate): Promise<boolean> {
    return this.manager.post(`${this.#url}/${key}`, update);
  }
}
