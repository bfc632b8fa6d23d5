import type { Repository } from "../repository/lib.ts";
import type { Driver } from "./driver.ts";
import type { EngineAccess } from "../engine/access.ts";
import type { SentSecrets } from "./sent_secrets.ts";
import type { Config } from "../session/lib.ts";
import type { SavedFeatures } from "../storage/snapshot_owner.ts";
import { SNAPSHOT } from "../repository/source.ts";
import { utf8 } from "../text/text.ts";

/** The parts that a client shares with its contexts and features. */
export interface ClientParts {
  readonly repository: Repository;
  readonly driver: Driver;
  readonly engine: EngineAccess;
  /** The time at which the features of a stored state were saved, if the client has served some. */
  restored?: number;
  readonly secrets: SentSecrets;
  /** The settings of the session. */
  readonly settings: Config;
  /** The program's own `fetch`; `undefined` for that of the platform. */
  readonly fetch: typeof fetch | undefined;
}

/** Serves the features of a snapshot. The age of the features counts from the time at which they were saved. */
export function serveSaved(parts: ClientParts, { savedAt, environments }: SavedFeatures): void {
  parts.restored = savedAt;
  for (const [environment, features] of environments)
    parts.driver.handle({ type: "stored", source: SNAPSHOT, environment, features: utf8(features) });
}
