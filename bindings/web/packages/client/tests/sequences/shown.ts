import type { Attributes } from "../../src/attributes.ts";
import {
  type Change,
  Decimal,
  type Detail,
  eventName,
  eventRecord,
  Json,
  type Notice,
  noticeText,
  problemText,
  type RawUpdate,
  type SessionStatus,
  sourceName,
  type UsageEvent,
  type UsageSummary,
  type UsedFeature,
  usageText,
  userKey,
  type Value,
} from "../../src/repository/lib.ts";
import { compareBytes } from "../../src/text/text.ts";

/** The forms of values, details and events in a sequence, as `fh-client/repository/tests/sequences/shown.rs` writes them. */

export function value(value: Value | undefined): unknown {
  if (value instanceof Decimal) return ["n", value.text];
  if (value instanceof Json) return ["j", value.text];
  return typeof value === "string" ? ["t", value] : (value ?? null);
}

export function double(number: number | undefined): unknown {
  if (number === undefined || Number.isFinite(number)) return number ?? null;
  return number > 0 ? "inf" : "-inf";
}

export function detail(detail: Detail): unknown {
  return {
    key: detail.key,
    value: value(detail.value),
    kind: detail.kind ?? null,
    reason: detail.reason,
    strategyId: detail.strategyId ?? null,
    interceptor: detail.interceptor ?? null,
    exists: detail.exists,
    version: detail.version,
    id: detail.id ?? null,
    environment: detail.environment ?? null,
    isLocked: detail.isLocked,
    source: detail.source ?? null,
    isStale: detail.isStale,
    generation: detail.generation,
    variant: detail.variant,
    properties: detail.properties(),
  };
}

export function status(status: SessionStatus): unknown {
  return {
    readiness: status.readiness,
    connection: status.connection,
    problem: status.problem ?? null,
    source: status.source ?? null,
    isStale: status.isStale,
    isWithheld: status.isWithheld,
    requests: status.requests,
    text: status.problem ? problemText(status.problem) : null,
  };
}

export function raw(update: RawUpdate): unknown {
  return { ...update, source: sourceName(update.source), environment: update.environment ?? null };
}

export function notice(notice: Notice): unknown {
  return { kind: notice.kind, text: noticeText(notice) };
}

export function change(change: Change): unknown {
  const { key, old, wasLocked, isLocked, exists, version, generation } = change;
  return [key, value(old), value(change.new), wasLocked, isLocked, exists, version, generation];
}

function used(feature: UsedFeature): unknown {
  const { key, id, environment, kind, strategyId, version } = feature;
  const text = usageText(feature) ?? null;
  return [
    key,
    id ?? null,
    environment ?? null,
    kind ?? null,
    value(feature.value),
    strategyId ?? null,
    version,
    text,
  ];
}

export function event(event: UsageEvent): unknown {
  const isRead = event.kind === "evaluated";
  const attributes: Attributes | undefined = event.kind === "collection" ? undefined : event.attributes;
  return {
    name: eventName(event),
    features: (isRead ? [event.feature] : event.features).map(used),
    reason: isRead ? event.reason : null,
    interceptor: (isRead && event.interceptor) || null,
    context: attributes ? [...attributes] : null,
    user: userKey(attributes) ?? null,
    at: event.at,
    record: eventRecord(event),
  };
}

export function summary(summary: UsageSummary): unknown {
  const counts = summary.counts.map(({ feature, count }) => JSON.stringify([used(feature), count]));
  return {
    from: summary.from,
    until: summary.until,
    counts: counts.length,
    keys: summary.counts.map(({ feature }) => feature.key),
    // Counts with the same key, text and strategy come in any order.
    sorted: counts.sort(compareBytes).map((count) => JSON.parse(count) as unknown),
    uncounted: summary.uncounted,
  };
}
