import type { Attributes } from "../attributes.ts";
import type { BaggageOptions } from "./options.ts";
import { decoded } from "../repository/baggage/format.ts";
import { NAME } from "../repository/baggage/mod.ts";
import { BaggageOverrides } from "../repository/baggage/overrides.ts";
import {
  intercept,
  type InterceptedRead,
  type Override,
  overridesChanged,
  type Repository,
} from "../repository/lib.ts";
import { trim } from "../text/text.ts";

interface ContextBaggage {
  readonly overrides: BaggageOverrides;
  readonly evenIfLocked: boolean;
}

/** The overrides that requests carry, by the context of each request, for each repository that has any. */
const byRepository = new WeakMap<Repository, WeakMap<Attributes, ContextBaggage>>();

/** Overrides features for the reads of one context with the baggage of a request. The client imports this file when it needs it. */
export function overrideFromBaggage(
  repository: Repository,
  header: string | readonly string[] | null | undefined,
  attributes: Attributes,
  { keys, evenIfLocked = false }: BaggageOptions,
): void {
  let byContext = byRepository.get(repository);
  if (byContext === undefined) byRepository.set(repository, (byContext = registered(repository)));
  const overrides = new BaggageOverrides(entryOf(header), keys === undefined ? "all" : new Set(keys));
  byContext.set(attributes, { overrides, evenIfLocked });
  overridesChanged(repository);
}

/** Registers the interceptor of a repository, and returns the overrides that it reads. */
function registered(repository: Repository): WeakMap<Attributes, ContextBaggage> {
  const byContext = new WeakMap<Attributes, ContextBaggage>();
  const override = (read: InterceptedRead): Override => {
    const baggage = read.attributes && byContext.get(read.attributes);
    const isLeftOut = read.feature?.isLocked === true && baggage?.evenIfLocked !== true;
    return isLeftOut ? undefined : baggage?.overrides.intercept(read);
  };
  intercept(repository, { name: "baggage", intercept: override }, "decide");
  return byContext;
}

/** Returns the value of the entry `fhub` of a header `baggage`; the empty text if it has none. Of several entries the last one counts. */
function entryOf(header: string | readonly string[] | null | undefined): string {
  let value = "";
  for (const member of [header ?? ""].flat().join(",").split(",")) {
    const [pair = ""] = member.split(";");
    const equals = pair.indexOf("=");
    if (equals > 0 && trim(pair.slice(0, equals)) === NAME) value = decoded(trim(pair.slice(equals + 1)));
  }
  return value;
}
