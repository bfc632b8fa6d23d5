import type { Feature } from "../../src/feature.ts";
import { asText, held, integer, type JsonObject, members } from "../../src/json.ts";
import type { Engine } from "../../src/repository/engine.ts";
import { Feature as RepositoryFeature } from "../../src/repository/feature.ts";

/** Returns the parts of a feature that a session reads from its JSON. */
export function received(json: string): Feature {
  const object = JSON.parse(json) as JsonObject;
  const version = members(json)?.findLast(([name]) => name === "version")?.[1];
  return {
    json,
    key: asText(object["key"]) ?? "",
    id: asText(object["id"]),
    version: held(integer(version ?? "null") ?? 0),
  };
}

/** An engine for features without strategies, whose value is the answer for every context. */
export const staticEngine: Engine = {
  compile(features) {
    const evaluations = features.map((json) => {
      const { value } = new RepositoryFeature(received(json));
      return { value, strategyId: undefined, reason: "STATIC" } as const;
    });
    return { evaluate: (position) => evaluations[position]!, readsClock: () => false };
  },
};
