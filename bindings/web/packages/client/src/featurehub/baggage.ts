import type { ClientFeatureRepository } from "./repository.ts";

/** The header to extend, and the values to add: those of a map, or those of a repository without a context. */
export interface BaggageHeader {
  readonly repo?: ClientFeatureRepository;
  readonly values?: Map<string, string | undefined>;
  readonly header?: string;
}

/** Returns the header `baggage` with the values of features, in place of those that it has. */
export function w3cBaggageHeader({ repo, values, header }: BaggageHeader): string | undefined {
  const features = values ?? repo?.simpleFeatures();
  if (!features) return undefined;
  const others = (header ?? "").split(",").filter((item) => item !== "" && !item.startsWith("fhub"));
  const items = Array.from(
    features,
    ([key, value]) => `${key}=${value ? encodeURIComponent(value) : ""}`,
  ).join(",");
  const all = items === "" ? others : [...others, `fhub=${encodeURIComponent(items)}`];
  return all.length > 0 ? all.join(",") : undefined;
}
