import type { Problem } from "../../repository/problem.ts";
import { type Core, evaluatedFor, keepsValues, type NextContext, STALE } from "./core.ts";
import { isServed, leftToEarlierContext, withheld } from "./held.ts";
import { serveAgain } from "./update.ts";
import { INVISIBLE } from "../feature_set/environment.ts";
import { settleAll, takePendingContexts } from "./pending.ts";
import { withoutRefusal } from "./access.ts";

/** The problem of commands whose context another context has replaced. */
export const SUPERSEDED: Problem = { code: "superseded" };

/**
 * Serves the kept values for the newest context, if features are served and the settings keep values while the Edge evaluates a new context.
 */
export function handOnKeptValues(core: Core): void {
  if (keepsValues(core) && isServed(core.held)) serveAgain(core, INVISIBLE);
}

/** Drops the waiting context and reports the problem to the callers that set this context. */
export function refuseNextContext(core: Core, problem: Problem): void {
  const pending = core.next?.pending ?? [];
  core.next = undefined;
  settleAll(core, pending, problem);
}

/** Drops the waiting context, because the Edge wants no more requests. The current context stays in force. */
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
