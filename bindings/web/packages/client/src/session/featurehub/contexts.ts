import { type Attributes, sameAttributes } from "../../attributes.ts";
import type { InputOf } from "../action.ts";
import { contextHeader, valuesWithCommas } from "../context_header.ts";
import { INVISIBLE, SEEN } from "../feature_set/environment.ts";
import {
  CLOSED,
  type Core,
  evaluatedFor,
  evaluatesHere,
  isStale,
  newestContext,
  type NextContext,
  type Pending,
  STALE,
} from "./core.ts";
import { withoutRefusal } from "./access.ts";
import { isServed, leftToEarlierContext, withheld } from "./held.ts";
import { pendingContext, reply } from "./pending.ts";
import { refresh, request } from "./request.ts";
import { serveAgain } from "./update.ts";
import {
  adopt,
  dropSuperseded,
  handOnKeptValues,
  refuseNextContext,
  refuseNextContextAsStale,
  SUPERSEDED,
} from "./handover.ts";
import { equalsIgnoringCase } from "../../text/text.ts";

/**
 * Sets a context of server-evaluated keys: at most one request is in flight, and at most one context waits. If the context's
 * header differs from that of the current context, the Edge has to evaluate the features for it. With a client-evaluated key, the command is
 * done at once and changes nothing.
 *
 * A newer context does not abort the request for which {@link awaitsFeatures} returns true, so that the client makes progress however often
 * the context changes. The newest context waits until that request has succeeded or failed.
 */
export function changeContext(core: Core, { commandId, attributes: context }: InputOf<"context">): void {
  if (core.state.kind === "stopped") {
    reply(core, commandId, CLOSED);
    return;
  }
  if (evaluatesHere(core)) {
    reply(core, commandId);
    return;
  }
  const header = contextHeader(context);
  if (header === undefined) {
    reply(core, commandId, { code: "context", attributes: context.size });
    return;
  }
  const isNew = header !== core.header;
  if (isStale(core) && (isNew || core.held.kind !== "current")) {
    reply(core, commandId, STALE);
    return;
  }
  if (!sameAttributes(context, newestContext(core))) {
    for (const attribute of valuesWithCommas(context)) {
      core.actions.push({ type: "notice", notice: { kind: "comma_in_value", attribute } });
    }
  }
  const pending = pendingContext(core, commandId);
  if (!isNew) {
    if (core.next !== undefined) {
      refuseNextContext(core, SUPERSEDED);
      handOnKeptValues(core);
    }
    setAgain(core, context, pending);
  } else if (awaitsFeatures(core)) {
    setNextContext(core, { attributes: context, header, pending: [pending] });
  } else {
    dropSuperseded(core);
    adopt(core, { attributes: context, header, pending: [pending] });
    request(core);
  }
}

/** Sets a context whose header is the same as that of the current context. */
function setAgain(core: Core, context: Attributes, pending: Pending): void {
  if (!sameAttributes(context, core.context)) {
    // An Edge cannot distinguish contexts with the same header, such as the value `a,b` and the two values `a` and `b`. The features are
    // valid for both contexts, but reads return values only for the context that was set last.
    dropSuperseded(core);
    core.context = context;
    if (isServed(core.held)) serveAgain(core, INVISIBLE);
  }
  const { kind } = core.state;
  if (kind === "idle") core.commands.push(pending);
  else if (kind === "offline" || core.held.kind === "current") reply(core, pending.commandId);
  else refresh(core, pending);
}

/** Makes a context the waiting context. If another context waits already, its commands fail. */
function setNextContext(core: Core, next: NextContext): void {
  const waiting = core.next;
  if (waiting && sameAttributes(waiting.attributes, next.attributes)) {
    core.next = { ...waiting, pending: [...waiting.pending, ...next.pending] };
    return;
  }
  refuseNextContext(core, SUPERSEDED);
  core.next = next;
  handOnKeptValues(core);
}

/**
 * Returns true if a newer context has to wait: a request is in flight, no features of the current context are served, and the current
 * context was set after the start. A redirected request that is delayed by the limit of the request rate counts as in flight. A stream counts
 * until its first list.
 */
function awaitsFeatures(core: Core): boolean {
  const { state } = core;
  const isInFlight =
    state.kind === "connecting" ||
    state.kind === "fetching" ||
    (state.kind === "streaming" && !state.hasData) ||
    (state.kind === "due" && state.following !== undefined);
  return isInFlight && core.contextWasSet && core.held.kind !== "current";
}

/**
 * Makes the waiting context the current context and requests its features, once the request of the previous context has succeeded or failed.
 * If the Edge wants no more requests, the waiting context is refused. Returns true if a context was waiting and no longer is.
 */
export function startNextContext(core: Core): boolean {
  const { next } = core;
  if (next === undefined || awaitsFeatures(core)) return false;
  if (isStale(core)) {
    refuseNextContextAsStale(core);
    return true;
  }
  core.next = undefined;
  dropSuperseded(core);
  adopt(core, next);
  request(core);
  return true;
}

/** Replaces the keys, and drops the features of environments to which the new keys give no access. */
export function changeKeys(core: Core, { commandId, keys }: InputOf<"keys">): void {
  if (core.state.kind === "stopped") {
    reply(core, commandId, CLOSED);
    return;
  }
  const { next } = core;
  if (next !== undefined) {
    core.next = undefined;
    if (keys.kind === "server") dropSuperseded(core);
    adopt(core, next);
  }
  const isSameKind = keys.kind === core.keys.kind;
  const first = core.features.firstId;
  const holder = evaluatedFor(core);
  core.keys = keys;
  core.etag = undefined;
  core.backoff.reset();
  core.refused.reset();
  // The Edge may be able to stream with the new key, so streaming is tried again.
  core.pollUntil = undefined;
  core.gap = undefined;
  core.wrongTypes = 0;
  core.heldStreams = 0;
  core.access = withoutRefusal(core.access);
  core.commands.push({ commandId, expires: undefined });
  const { environments, hadFeatures } = core.features.open(keys);
  // The revocation comes before any publication, because a publication may be held back, or there may be none.
  if (environments.length > 0) core.actions.push({ type: "revoke", environments });
  if (isServed(core.held) && hadFeatures) serveAgain(core, SEEN);
  // If the first environment or the kind of the keys has changed, the held features are withheld.
  if (!isSameKind || !equalsIgnoringCase(core.features.firstId, first)) {
    core.held = withheld(core.held);
    core.access = "unknown";
    if (!isSameKind && !core.features.isEmpty) core.held = leftToEarlierContext(core.held, holder);
  }
  request(core);
}
