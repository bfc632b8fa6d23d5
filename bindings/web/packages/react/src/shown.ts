import { useMemo, useSyncExternalStore } from "react";
import type { AnyFlags, FeatureDetail, Reads } from "fh-client";

import { useScope } from "./scope.ts";

/** Returns a function that returns the former result again as long as the new one is the same to a reader. */
function keeper<T>(isSame: (former: T, next: T) => boolean): (next: T) => T {
  let former: { readonly result: T } | undefined;
  return (next) => {
    if (!former || !isSame(former.result, next)) former = { result: next };
    return former.result;
  };
}

/** Returns true if the client has features for the context, or an interceptor overrides the feature. */
export function isAnswer({ reason }: FeatureDetail): boolean {
  return reason !== "NOT_READY" && reason !== "OTHER_CONTEXT";
}

/** Returns true if the client has the values. */
function hasValues(result: FeatureDetail | readonly FeatureDetail[]): boolean {
  const details = "length" in result ? result : [result];
  return details.length > 0 && details.every(isAnswer);
}

/**
 * Returns the result of a read, and renders the component again when the result is another one.
 *
 * @param read - reads without counting a use, because React calls it more often than the component shows the result
 * @param key - names the read: two reads of one component with the same key return the same
 */
export function useShown<T extends FeatureDetail | readonly FeatureDetail[]>(
  read: (reads: Reads<AnyFlags>) => T,
  isSame: (former: T, next: T) => boolean,
  key: string,
): T {
  const { reads, hydrated = reads, lacksList, subscribe } = useScope();
  const [current, server] = useMemo(() => {
    // The first rendering of a server's page and the next one keep the same result.
    const keep = keeper(isSame);
    const live = (): T => {
      const own = read(reads);
      return hydrated !== reads && lacksList() && !hasValues(own) ? read(hydrated) : own;
    };
    return [() => keep(live()), () => keep(read(hydrated))] as const;
    // The functions of the caller depend on the key alone.
  }, [reads, hydrated, key]);
  return useSyncExternalStore(subscribe, current, server);
}

/** Returns true if both details have the same value. A number or a document with the same text is the same value. */
export function sameValue(former: FeatureDetail, next: FeatureDetail): boolean {
  const { text } = next;
  if (former.text !== text || former.kind !== next.kind) return false;
  return text !== undefined || former.value === next.value;
}

/** The members of a detail that decide if it is shown anew. */
const SHOWN = [
  ...(["key", "reason", "strategyId", "interceptor", "exists"] as const),
  ...(["version", "id", "environment", "isLocked"] as const),
];

/** Returns true if both details are the same to a reader. The generation, the source and the staleness do not count. */
export function sameDetail(former: FeatureDetail, next: FeatureDetail): boolean {
  return sameValue(former, next) && SHOWN.every((name) => former[name] === next[name]);
}

/** Returns true if both lists have the same details. */
export function sameDetails(former: readonly FeatureDetail[], next: readonly FeatureDetail[]): boolean {
  return (
    former.length === next.length &&
    former.every((detail, at) => sameDetail(detail, next[at] as FeatureDetail))
  );
}
