import { asText, held, integer, type JsonObject, members } from "../../src/text/json.ts";
import type { Engine } from "../../src/repository/engine.ts";
import { Feature } from "../../src/repository/feature.ts";

/** Returns a feature, of whose JSON the session has read some parts. */
export function received(json: string): Feature {
  const object = JSON.parse(json) as JsonObject;
  const version = members(json)?.findLast(([name]) => name === "version")?.[1];
  return new Feature({
    json,
    key: asText(object["key"]) ?? "",
    id: asText(object["id"]),
    version: held(integer(version ?? "null") ?? 0),
  });
}

/** An engine for features without strategies, whose value is the answer for every context. */
export const staticEngine: Engine = {
  compile(features) {
    const evaluations = features.map((json) => {
      const { value } = received(json);
      return { value, strategyId: undefined, reason: "STATIC" } as const;
    });
    return { evaluate: (position) => evaluations[position]! };
  },
};
