// Reads of features.

import {
  type BaseClientContext,
  type FeatureStateHolder,
  type InternalFeatureRepository,
} from "featurehub-javascript-node-sdk";

import { Misuse, type Members } from "./loop.ts";

type Getter = "getBoolean" | "getString" | "getNumber" | "getRawJson";

const GETTERS: Record<string, Getter> = {
  BOOLEAN: "getBoolean",
  STRING: "getString",
  NUMBER: "getNumber",
  JSON: "getRawJson",
};

/** Reads a feature, through a context if there is one. */
export function answerOf(repository: InternalFeatureRepository, context: BaseClientContext | undefined, read: Members): Members {
  const getter = GETTERS[read.type];
  if (!getter) throw new Misuse(`there is no type ${JSON.stringify(read.type)}`);
  const fallback = read.default ?? undefined;
  try {
    const holder = (context ?? repository).feature(read.feature);
    // The getters of a holder take no default.
    const value = context ? context[getter](read.feature, fallback as never) : (holder[getter]() ?? fallback);
    return {
      value: value ?? null,
      text: value == null ? null : String(value),
      is_set: holder.isSet(),
      // The repository tells if the client knows a feature. A holder with a context always denies it, which listeners report.
      exists: repository.feature(read.feature).exists,
      locked: holder.locked,
      version: holder.version,
      type: holder.type,
      properties: holder.featureProperties,
    };
  } catch (error) {
    return { value: null, error: String(error) };
  }
}

/** Returns the value of a feature as its own type reads it. */
export function valueOf(holder: FeatureStateHolder): unknown {
  const getter = GETTERS[holder.type ?? ""];
  return (getter && holder[getter]()) ?? null;
}
