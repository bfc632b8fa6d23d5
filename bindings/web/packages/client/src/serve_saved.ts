import type { ClientParts } from "./parts.ts";
import { SNAPSHOT } from "./repository/source.ts";
import type { SavedFeatures } from "./snapshot_owner.ts";
import { utf8 } from "./text.ts";

/** Serves the features of a snapshot. The age of the features counts from the time at which they were saved. */
export function serveSaved(parts: ClientParts, { savedAt, environments }: SavedFeatures): void {
  parts.restored = savedAt;
  for (const [environment, features] of environments)
    parts.driver.handle({ type: "stored", source: SNAPSHOT, environment, features: utf8(features) });
}
