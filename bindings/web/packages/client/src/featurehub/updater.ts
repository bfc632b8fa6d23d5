import type { FeatureHubConfig } from "./config.ts";
import { fhLog } from "./log.ts";
import type { FeatureStateUpdate } from "./models.ts";

/** A sender of updates. */
export interface FeatureUpdatePostManager {
  post(url: string, update: FeatureStateUpdate): Promise<boolean>;
}

/** A function that returns a sender of updates. */
export type FeatureUpdaterProvider = () => FeatureUpdatePostManager;

/** Sends updates with `fetch`. */
export class FeaturePostUpdater implements FeatureUpdatePostManager {
  /** Returns true if the Edge has accepted the update. */
  async post(url: string, update: FeatureStateUpdate): Promise<boolean> {
    try {
      const headers = { "content-type": "application/json" };
      const { ok, status } = await fetch(url, { method: "PUT", headers, body: JSON.stringify(update) });
      fhLog.trace("update result -> ", status);
      return ok;
    } catch {
      fhLog.trace("update result -> error");
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
