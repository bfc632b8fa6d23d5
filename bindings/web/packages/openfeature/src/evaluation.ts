import {
  ErrorCode,
  type EvaluationContext,
  type FlagMetadata,
  type JsonValue,
  type ResolutionDetails,
} from "@openfeature/core";
import type { Client, FeatureDetail, Kind, Reason } from "fh-client";

import { attributesOf } from "./evaluation_context.ts";

/** The reasons of OpenFeature for the reasons of reads that have a value. */
const REASONS: { readonly [R in Reason]?: string } = {
  STRATEGY_MATCH: "TARGETING_MATCH",
  SPLIT: "SPLIT",
  DEFAULT: "DEFAULT",
  STATIC: "STATIC",
  INTERCEPTED: "OVERRIDE",
};

/** An evaluation's error for OpenFeature. */
interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Reads a feature whose value is a single value, for an evaluation context. */
export function evaluate<V extends boolean | string | number>(
  client: Client,
  kind: Exclude<Kind, "JSON">,
  key: string,
  defaultValue: V,
  context: EvaluationContext,
): ResolutionDetails<V> {
  return evaluateAs(client, kind, key, defaultValue, context, ({ value }) => ({ value: value as V }));
}

/** Reads a JSON feature for an evaluation context. Its document must be an object. */
export function evaluateObject<V extends JsonValue>(
  client: Client,
  key: string,
  defaultValue: V,
  context: EvaluationContext,
): ResolutionDetails<V> {
  return evaluateAs(client, "JSON", key, defaultValue, context, ({ value, text }) => {
    // A feature whose text is no document has its text as the value.
    if (value === text) {
      try {
        JSON.parse(text as string);
      } catch (error) {
        return { code: ErrorCode.PARSE_ERROR, message: (error as Error).message };
      }
    }
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isObject) return { code: ErrorCode.TYPE_MISMATCH, message: "the JSON value is not an object" };
    return { value: value as V };
  });
}

function evaluateAs<V>(
  client: Client,
  kind: Kind,
  key: string,
  defaultValue: V,
  context: EvaluationContext,
  convert: (detail: FeatureDetail) => { readonly value: V } | Failure,
): ResolutionDetails<V> {
  const detail = read(client, key, context, kind);
  const reason = REASONS[detail.reason];
  if (reason === undefined || detail.value === undefined) return failed(defaultValue, failureOf(detail));
  const converted = convert(detail);
  if ("code" in converted) return failed(defaultValue, converted);
  return { value: converted.value, reason, variant: detail.variant, flagMetadata: metadataOf(detail) };
}

function read(client: Client, key: string, context: EvaluationContext, kind: Kind): FeatureDetail {
  const reads = client.context(attributesOf(context));
  // With a server-evaluated key, a context without attributes reads the values of the context that was given to the client.
  const isWithout = client.keyKind === "server" && reads.attributes.size === 0;
  return (isWithout ? client : reads).detailAs(key, kind);
}

function failureOf({ reason, kind }: FeatureDetail): Failure {
  if (reason === "NOT_FOUND")
    return { code: ErrorCode.FLAG_NOT_FOUND, message: "the feature does not exist" };
  if (reason === "TYPE_MISMATCH") {
    return { code: ErrorCode.TYPE_MISMATCH, message: `the type of the feature is ${kind ?? "unknown"}` };
  }
  if (reason === "ERROR") return { code: ErrorCode.GENERAL, message: "the engine failed on the feature" };
  if (reason === "NOT_READY")
    return { code: ErrorCode.PROVIDER_NOT_READY, message: "the client has no features yet" };
  if (reason !== "OTHER_CONTEXT")
    return { code: ErrorCode.FLAG_NOT_FOUND, message: "the feature has no value" };
  const message =
    "the API key is server-evaluated, and this context was not given to the client with `setContext`";
  return { code: ErrorCode.INVALID_CONTEXT, message };
}

function failed<V>(value: V, { code, message }: Failure): ResolutionDetails<V> {
  return { value, reason: "ERROR", errorCode: code, errorMessage: message };
}

function metadataOf(detail: FeatureDetail): FlagMetadata {
  const { exists, version, isLocked, id, environment, strategyId, interceptor } = detail;
  const members: [string, string | number | boolean | undefined][] = [
    ["version", exists ? version : undefined],
    ["locked", exists ? isLocked : undefined],
    ["featureId", id],
    ["environmentId", environment],
    ["strategyId", strategyId],
    ["overriddenBy", interceptor],
    ...detail.properties().map(([name, text]): [string, string] => [`property.${name}`, text]),
  ];
  return Object.fromEntries(members.filter(([, value]) => value !== undefined)) as FlagMetadata;
}
