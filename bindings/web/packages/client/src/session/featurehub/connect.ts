import { lowerCase } from "../../text/text.ts";
import { after, LAST_MILLIS } from "../../repository/time.ts";
import type { Request, RequestKind } from "../action.ts";
import type { SecretUrl } from "../edge_url.ts";
import { type Core, evaluatesHere, type Redirect, waitUntil } from "./core.ts";

/**
 * Sends a request now, or as soon as the limit of the request rate allows. The request follows a pending redirect, if there is one. The
 * caller has aborted any request in flight.
 */
export function connect(core: Core): void {
  connectTo(core, core.state.kind === "due" ? core.state.following : undefined);
}

/**
 * Sends a request now, or as soon as the limit of the request rate allows. The request follows the redirect `following`; without a redirect,
 * the request is the first of a new attempt.
 */
export function connectTo(core: Core, following: Redirect | undefined): void {
  const { now, config } = core;
  const [beforeLast, last] = core.recent;
  const at = beforeLast === undefined ? 0 : after(beforeLast, config.pace);
  if (at > now) {
    waitUntil(core, at, "connecting", following);
    return;
  }
  core.recent = [last, now];
  if (following === undefined) core.hops = 0;
  // The request that follows a redirect has the same kind as the redirected request.
  const kind = following?.kind ?? nextKind(core);
  const isConditional = core.etag !== undefined && kind === "poll" && !core.keys.areSeveral;
  const request = requestOf(core, kind, following?.url, isConditional ? core.etag : undefined);
  core.lastUrl = request.url;
  const requestId = ++core.lastRequestId;
  core.status.requests = Math.min(core.status.requests + 1, LAST_MILLIS);
  const { head, poll } = config.limits;
  const until = after(now, kind === "poll" ? Math.min(head, poll) : head);
  core.state = {
    kind: "connecting",
    requestId,
    request: kind,
    isConditional,
    until,
    pollUntil: after(now, poll),
  };
  core.actions.push({ type: "send", requestId, request });
}

/**
 * Returns the kind of the next request. The kind is a poll if the client does not stream, if it is suspended, if it waits for the next
 * stream for long, or if the Edge could not stream and it is too early to retry streaming. Otherwise the kind is a stream.
 */
function nextKind(core: Core): RequestKind {
  if (!streams(core) || core.isSuspended || core.gap !== undefined) return "poll";
  if (core.pollUntil !== undefined && core.now < core.pollUntil) return "poll";
  core.pollUntil = undefined;
  return "stream";
}

function requestOf(
  core: Core,
  kind: RequestKind,
  followed: SecretUrl | undefined,
  etag: string | undefined,
): Request {
  const { config, keys } = core;
  const context = evaluatesHere(core) ? "" : core.header;
  const isInQuery = kind === "stream" && config.contextPlacement === "query";
  const url =
    followed ??
    (kind === "poll"
      ? config.edge.poll(keys, context)
      : config.edge.stream(keys.first, isInQuery && context !== "" ? context : undefined));
  const headers: [string, string][] = [];
  const add = (name: string, value: string | undefined) => value !== undefined && headers.push([name, value]);
  add("accept", kind === "poll" ? "application/json" : "text/event-stream");
  add("cache-control", kind === "poll" ? undefined : "no-cache");
  add("x-featurehub", context === "" || isInQuery ? undefined : context);
  add("x-sdk", config.identification);
  add("if-none-match", etag);
  for (const [name, value] of config.headers) add(lowerCase(name), value);
  return { kind, url, headers };
}

/** Returns true if the mode is streaming and there is a single key, because a stream has only one key. */
export function streams(core: Core): boolean {
  return core.config.mode.kind === "streaming" && !core.keys.areSeveral;
}
