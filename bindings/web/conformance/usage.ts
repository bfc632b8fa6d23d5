import { type UsageEvent, type UsedFeature, usageText, userKey } from "fh-client";

import type { AdapterClient } from "./clients.ts";
import type { RecordCommand } from "./protocol.ts";

/** Returns the members of a usage event. */
export function usageMembers(event: UsageEvent): Record<string, unknown> {
  const attributes = event.kind === "collection" ? undefined : event.attributes;
  const members = {
    user_key: userKey(attributes) ?? null,
    attributes: attributes === undefined ? null : Object.fromEntries(attributes),
  };
  if (event.kind === "evaluated") {
    const { key, version, id, environment, strategyId } = event.feature;
    const value = usageText(event.feature);
    const feature = { feature: key, value, version, id, environment, strategy_id: strategyId };
    return { kind: "feature", ...feature, ...members };
  }
  const features = texts(event.features);
  if (event.kind === "collection") return { kind: "collection", features, ...members };
  return { kind: event.name, features, params: event.params, ...members };
}

/** Returns the texts of features by their keys. Features without text, such as those of type JSON, are left out. */
function texts(features: readonly UsedFeature[]): Record<string, string> {
  return Object.fromEntries(
    features.flatMap((feature) => {
      const text = usageText(feature);
      return text === undefined ? [] : [[feature.key, text] as const];
    }),
  );
}

/** Reports an event of the user's code. */
export function record({ sdk }: AdapterClient, { name, params, context }: RecordCommand): void {
  const source = context ? sdk.context(context) : sdk;
  source.record(name, params ?? {});
}
