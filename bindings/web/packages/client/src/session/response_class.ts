import type { Problem } from "../repository/problem.ts";
import { parseIso } from "../repository/timestamp.ts";
import { cut, equalsIgnoringCase, lowerCase, trim } from "../text/text.ts";
import { header, type RequestKind, type ResponseHead } from "./action.ts";

/**
 * The meaning of a response, which follows from its status, its headers and its request: one table for polls and streams.
 *
 * - `features`: the request succeeded, and the body should hold features. `isLast` is true if the Edge wants no further requests (status
 *   236).
 * - `unchanged`: the features that the client holds are still current (status 304).
 * - `redirect`: the response has a status of redirects, such as 302.
 * - `refused`: the Edge refuses this client. An early retry is unlikely to succeed.
 * - `no_streaming`: the Edge cannot stream: it responded to a stream request with status 501.
 * - `trouble`: the response cannot be used, for a reason that is probably temporary.
 */
export type ResponseClass =
  | { readonly kind: "features"; readonly isLast: boolean }
  | { readonly kind: "unchanged" | "redirect" | "no_streaming" }
  | { readonly kind: "refused" | "trouble"; readonly problem: Problem };

/** Content types that a poll accepts besides JSON, because a file server may send files with them if it does not know their types. */
const PLAIN = ["", "text/plain", "application/octet-stream"];

/**
 * Returns the class of a response with this head. `isConditional` is true if the session added the header `if-none-match` to the request.
 */
export function responseClass(kind: RequestKind, isConditional: boolean, head: ResponseHead): ResponseClass {
  const { status } = head;
  if (status === 200 || status === 236) {
    const found = essence(head);
    const fits =
      kind === "stream" ? found === "text/event-stream" : found.endsWith("json") || PLAIN.includes(found);
    return fits
      ? { kind: "features", isLast: status === 236 }
      : { kind: "trouble", problem: { code: "content_type", text: cut(found, 100) } };
  }
  if ([301, 302, 303, 307, 308].includes(status)) return { kind: "redirect" };
  if (status === 400) return { kind: "refused", problem: { code: "bad_request" } };
  if (status === 401 || status === 403) return { kind: "refused", problem: { code: "unauthorised", status } };
  if (status === 404) return { kind: "refused", problem: { code: "not_found" } };
  if (status === 429) return { kind: "trouble", problem: { code: "too_many_requests" } };
  if (status === 304 && kind === "poll" && isConditional) return { kind: "unchanged" };
  if (status === 501 && kind === "stream") return { kind: "no_streaming" };
  const code = status >= 500 && status < 600 ? "server_error" : "unexpected_status";
  return { kind: "trouble", problem: { code, status } };
}

/** Returns the content type of a response in lower case, without parameters; empty if the response has none. */
function essence(head: ResponseHead): string {
  return lowerCase(trim(/^[^;]*/.exec(header(head, "content-type") ?? "")?.[0] ?? ""));
}

/** The maximum interval or pause in milliseconds that a server can request. A longer one is reduced to this maximum. */
export const LONGEST_INTERVAL = 24 * 3_600_000;
/** The maximum delay in milliseconds before a retry that a server can request with `Retry-After`. */
const LONGEST_RETRY = 3_600_000;

/**
 * Returns the polling interval in milliseconds that the Edge requests by `max-age` in the first `Cache-Control` header, at most
 * {@link LONGEST_INTERVAL}; `undefined` if `max-age` is 0, missing or not a whole number.
 */
export function maxAge(head: ResponseHead): number | undefined {
  for (const directive of header(head, "cache-control")?.split(",") ?? []) {
    const [, name, value] = /^([^=]*)=([^]*)$/.exec(directive) ?? [];
    if (name === undefined || value === undefined || !equalsIgnoringCase(trim(name), "max-age")) continue;
    const asked = seconds(trim(value).replace(/^"+|"+$/g, ""));
    return asked ? Math.min(asked, LONGEST_INTERVAL) : undefined;
  }
  return undefined;
}

/**
 * Returns the minimum delay in milliseconds before the next request from `Retry-After`, at most {@link LONGEST_RETRY}; `undefined` if the
 * header is missing or invalid. A date is compared with the `Date` header of the response, which must be there and valid.
 */
export function retryAfter(head: ResponseHead): number | undefined {
  const value = trim(header(head, "retry-after") ?? "");
  let asked = seconds(value);
  if (asked === undefined) {
    const [until, from] = [httpDate(value), httpDate(trim(header(head, "date") ?? ""))];
    if (until === undefined || from === undefined) return undefined;
    asked = Math.max(until - from, 0);
  }
  return Math.min(asked, LONGEST_RETRY);
}

/** Parses digits as seconds, and returns milliseconds; `undefined` if the text is empty or contains anything else. */
function seconds(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) * 1_000 : undefined;
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/**
 * Parses an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`, and returns milliseconds since 1970; `undefined` if the text has another
 * form or is no valid date. The day of the week is not checked.
 */
function httpDate(text: string): number | undefined {
  const comma = text.indexOf(", ");
  const found = /^(\d\d) ([A-Z][a-z]{2}) (\d{4}) ([\d:.]+) GMT$/.exec(text.slice(comma + 2));
  const month = MONTHS.indexOf(found?.[2] ?? " ") / 3 + 1;
  if (comma < 0 || found === null || month < 1) return undefined;
  const [, day = "", , year = "", time = ""] = found;
  return parseIso(`${year}-${month < 10 ? "0" : ""}${month}-${day}T${time}Z`);
}
