import { useEffect } from "react";
import type { FeatureDetail, Kind } from "fh-client";

import { useScope } from "./scope.ts";
import { isAnswer, sameDetail, sameDetails, sameValue, useShown } from "./shown.ts";
import { whenReady } from "./when_ready.ts";

/** Returns the detail of a feature, and counts a use each time when the component shows another one. */
function useUsed(
  key: string,
  kind: Kind | undefined,
  isSame: (former: FeatureDetail, next: FeatureDetail) => boolean,
): FeatureDetail {
  const { reads, hydrated, subscribe } = useScope();
  const detail = useShown((from) => from.peek(key, kind), isSame, `${kind ?? ""} ${key}`);
  useEffect(() => {
    reads.value(key);
    if (!hydrated || isAnswer(reads.peek(key))) return undefined;
    // The client reports the use of a server's value once it has the same value itself. Another value is another detail.
    const end = subscribe(() => {
      const own = reads.peek(key, kind);
      if (!isAnswer(own)) return;
      end();
      if (isSame(detail, own)) reads.value(key);
    });
    return end;
  }, [reads, hydrated, key, detail]);
  return detail;
}

/** Returns the value, or the default if there is none. The value of the document `null` is null. */
function valueOr({ value }: FeatureDetail, defaultValue: unknown): unknown {
  return value === undefined ? defaultValue : value;
}

/**
 * Returns the value of a feature of any type, or the default if it has none. The component renders again when the value changes, and only
 * then.
 *
 * @example
 * ```tsx
 * function Banner() {
 *   const text = useFeature("BANNER", "Welcome");
 *   return <p>{String(text)}</p>;
 * }
 * ```
 */
export function useFeature(key: string, defaultValue?: unknown): unknown {
  return valueOr(useUsed(key, undefined, sameValue), defaultValue);
}

/**
 * Returns the value of a BOOLEAN feature, or the default if it has none.
 *
 * @example
 * ```tsx
 * function Checkout() {
 *   return useBoolean("NEW_CHECKOUT", false) ? <p>new</p> : <p>old</p>;
 * }
 * ```
 */
export function useBoolean(key: string): boolean | undefined;
export function useBoolean(key: string, defaultValue: boolean): boolean;
export function useBoolean(key: string, defaultValue?: boolean): boolean | undefined {
  return (useUsed(key, "BOOLEAN", sameValue).value as boolean | undefined) ?? defaultValue;
}

/**
 * Returns the value of a STRING feature, or the default if it has none.
 *
 * @example
 * ```tsx
 * function Title() {
 *   return <h1>{useString("TITLE", "Shop")}</h1>;
 * }
 * ```
 */
export function useString(key: string): string | undefined;
export function useString(key: string, defaultValue: string): string;
export function useString(key: string, defaultValue?: string): string | undefined {
  return (useUsed(key, "STRING", sameValue).value as string | undefined) ?? defaultValue;
}

/**
 * Returns the value of a NUMBER feature as the nearest double, or the default if it has none.
 *
 * @example
 * ```tsx
 * function Price() {
 *   return <p>{useNumber("PRICE", 7.5).toFixed(2)}</p>;
 * }
 * ```
 */
export function useNumber(key: string): number | undefined;
export function useNumber(key: string, defaultValue: number): number;
export function useNumber(key: string, defaultValue?: number): number | undefined {
  return (useUsed(key, "NUMBER", sameValue).value as number | undefined) ?? defaultValue;
}

/**
 * Returns the parsed document of a JSON feature, which is frozen, or the default if it has none. The same document is returned as long as
 * its text is the same.
 *
 * @example
 * ```tsx
 * function Limits() {
 *   return <pre>{JSON.stringify(useJson("LIMITS", { perDay: 3 }))}</pre>;
 * }
 * ```
 */
export function useJson(key: string, defaultValue?: unknown): unknown {
  const { value, text } = useUsed(key, "JSON", sameValue);
  // The value of a text that is no document is the text itself.
  return value === undefined || value === text ? defaultValue : value;
}

/**
 * Returns the value of a feature, with its reason and further data. The component renders again when a member other than `generation`,
 * `source` and `isStale` changes.
 *
 * @example
 * ```tsx
 * function Why() {
 *   return <p>{useDetail("NEW_CHECKOUT").reason}</p>;
 * }
 * ```
 */
export function useDetail(key: string): FeatureDetail {
  return useUsed(key, undefined, sameDetail);
}

/**
 * Returns all features with their values. The component renders again when one of them changes. No use is counted.
 *
 * @example
 * ```tsx
 * function List() {
 *   return <ul>{useFeatures().map(({ key, value }) => <li key={key}>{String(value)}</li>)}</ul>;
 * }
 * ```
 */
export function useFeatures(): readonly FeatureDetail[] {
  return useShown((reads) => reads.values(), sameDetails, "");
}

/**
 * Returns the same as {@link useFeature}. While the client has no features yet, the component suspends, so that the nearest `Suspense`
 * shows its fallback. A client that the Edge refuses does not suspend: the component then shows the default.
 *
 * @example
 * ```tsx
 * function Page() {
 *   return <Suspense fallback={<p>…</p>}><Banner /></Suspense>;
 * }
 * function Banner() {
 *   return <p>{String(useSuspenseFeature("BANNER", "Welcome"))}</p>;
 * }
 * ```
 */
export function useSuspenseFeature(key: string, defaultValue?: unknown): unknown {
  const { client } = useScope();
  const detail = useUsed(key, undefined, sameValue);
  if (detail.reason === "NOT_READY" && client.readiness === "NOT_READY") {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- React 18 suspends a component that throws a promise
    throw whenReady(client);
  }
  return valueOr(detail, defaultValue);
}
