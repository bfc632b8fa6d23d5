import type { Client, Context as ClientContext } from "fh-client";

import type { AdapterClient } from "./clients.ts";
import type { Context, JsonValue, Kind, Read, ReadAnswer } from "./protocol.ts";
import { checkedKind, jsonOf, messageOf, properties, valueAnswer, versionOf } from "./values.ts";

/** The client without a context, or one of its contexts. */
type Source = Client | ClientContext<Readonly<Record<string, unknown>>>;

/** Performs one read, and returns all that the client tells. */
export function answerOf(client: AdapterClient, read: Read): ReadAnswer {
  checkedKind(read.type);
  try {
    return clientAnswer(client, read);
  } catch (error) {
    return { value: read.default ?? null, error: messageOf(error) };
  }
}

/** Returns the value of a typed getter, as a listener reads it. */
export function valueOf(
  client: AdapterClient,
  { feature, type }: Pick<Read, "feature" | "type">,
  context?: Context | null,
): JsonValue {
  return jsonOf(getter(sourceOf(client, context), type, feature, undefined));
}

function clientAnswer(
  client: AdapterClient,
  { feature: key, type, default: other, context }: Read,
): ReadAnswer {
  const source = sourceOf(client, context);
  const { generation } = client.sdk.snapshot();
  // Without a usage listener, the typed getter and the detail must agree.
  const got = client.reportsUsage ? undefined : { value: getter(source, type, key, other) };
  const detail = source.detailAs(key, type);
  const { value, text, exists } = detail;
  const answer: ReadAnswer = {
    ...valueAnswer(type, value, text, other),
    is_set: source.isSet(key),
    exists,
    locked: detail.isLocked,
    type: detail.kind ?? null,
    strategy_id: detail.strategyId ?? null,
    reason: detail.reason,
    ...(exists
      ? { version: versionOf(detail.versionText()), properties: properties(detail.properties()) }
      : {}),
  };
  // The getters of numbers and documents return texts.
  const expected = value === undefined ? (other ?? undefined) : (text ?? value);
  if (got !== undefined && got.value !== expected && detail.generation === generation) {
    answer.error = `the getter returned ${JSON.stringify(got.value)} and the detail ${JSON.stringify(expected)}`;
  }
  return answer;
}

function sourceOf(client: AdapterClient, context: Context | null | undefined): Source {
  return context ? client.sdk.context(context) : client.sdk;
}

/** Reads a feature with its typed getter, which counts as one use. The result for a number is its text. */
function getter(source: Source, type: Kind, key: string, other: JsonValue): unknown {
  switch (type) {
    case "BOOLEAN":
      return typeof other === "boolean"
        ? source.boolean(key, other)
        : (source.boolean(key) ?? other ?? undefined);
    case "STRING":
      return typeof other === "string"
        ? source.string(key, other)
        : (source.string(key) ?? other ?? undefined);
    case "NUMBER":
      return source.decimal(key) ?? other ?? undefined;
    case "JSON":
      return source.rawJson(key) ?? other ?? undefined;
  }
}
