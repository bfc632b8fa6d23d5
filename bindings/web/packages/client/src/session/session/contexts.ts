import { type Attributes, sameAttributes } from "../../attributes.ts";
import type { Problem } from "../../repository/problem.ts";
import type { InputOf } from "../action.ts";
import { contextHeader, valuesWithCommas } from "../context_header.ts";
import { INVISIBLE } from "../feature_set/environment.ts";
import { CLOSED, type Core, evaluatesHere, isStale } from "./mod.ts";
import { withoutRefusal } from "./access.ts";
import { isOfEarlierContext, isServed, leftToEarlierContext, withheld } from "./held.ts";
import { STALE } from "./outcome.ts";
import { type Pending, pendingContext, reply, settleAll, takePendingContexts } from "./pending.ts";
import { refresh, request } from "./request.ts";
import { serveAgain } from "./update.ts";

/** A context that is to become the current context, and the commands that set it. */
export interface NextContext {
  readonly attributes: Attributes;
  readonly header: string;
  /** The commands that set this context and are not finished yet. */
  readonly pending: readonly Pending[];
}

const SUPERSEDED: Problem = { code: "superseded" };

/**
 * Sets a context of server-evaluated keys: at most one request is in flight, and at most one context waits (D-62, D-120). If the context's
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

/** Returns the context that was set last: the waiting context, or the current context if no context waits. */
export function newestContext(core: Core): Attributes {
  return core.next?.attributes ?? core.context;
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
 * Serves the kept values for the newest context, if features are served and the settings keep values while the Edge evaluates a new context.
 */
function handOnKeptValues(core: Core): void {
  if (keepsValues(core) && isServed(core.held)) serveAgain(core, INVISIBLE);
}

function keepsValues(core: Core): boolean {
  return core.config.whileSwitching === "keep";
}

/** Drops the waiting context and reports the problem to the callers that set this context. */
export function refuseNextContext(core: Core, problem: Problem): void {
  const pending = core.next?.pending ?? [];
  core.next = undefined;
  settleAll(core, pending, problem);
}

/** Drops the waiting context, because the Edge wants no more requests. The current context stays in force (D-67). */
export function refuseNextContextAsStale(core: Core): void {
  refuseNextContext(core, STALE);
  handOnKeptValues(core);
}

/**
 * Reports a problem to the callers that set the current context, because another context replaced it before its features arrived.
 */
export function dropSuperseded(core: Core): void {
  settleAll(core, takePendingContexts(core), SUPERSEDED);
}

/**
 * Returns true if a newer context has to wait (D-120): a request is in flight, no features of the current context are served, and the current
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

/** Makes a context the current context. If there are held features, they now belong to an earlier context. */
export function adopt(core: Core, next: NextContext): void {
  if (isServed(core.held) || !core.features.isEmpty) {
    core.held = leftToEarlierContext(core.held, evaluatedFor(core));
  }
  core.context = next.attributes;
  core.header = next.header;
  core.contextWasSet = core.state.kind !== "idle";
  core.etag = undefined;
  core.commands.push(...next.pending);
  if (keepsValues(core) && isServed(core.held)) {
    // The previous values are served for the new context until the values of the new context arrive.
    serveAgain(core, INVISIBLE);
  } else {
    core.held = withheld(core.held);
    core.access = withoutRefusal(core.access);
  }
}

/** Returns the context for which the Edge evaluated the held features; `undefined` if the client evaluates them. */
export function evaluatedFor(core: Core): Attributes | undefined {
  if (isOfEarlierContext(core.held)) return core.held.of;
  return evaluatesHere(core) ? undefined : core.context;
}

/**
 * Returns the second context for which the held features are served if the settings keep values: the newest context. Returns `undefined` if
 * the settings hide values, or if the held features are not those of an earlier context.
 */
export function keptFor(core: Core): Attributes | undefined {
  return isOfEarlierContext(core.held) && keepsValues(core) ? newestContext(core) : undefined;
}
