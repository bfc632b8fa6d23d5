import { equalsIgnoringCase } from "../../text.ts";
import type { InputOf } from "../action.ts";
import { SEEN } from "../feature_set/environment.ts";
import { CLOSED, type Core, giveUp, start } from "./mod.ts";
import { withoutRefusal } from "./access.ts";
import { connect } from "./connect.ts";
import { adopt, dropSuperseded, evaluatedFor } from "./contexts.ts";
import { isServed, leftToEarlierContext, withheld } from "./held.ts";
import { type Pending, reply, settle } from "./pending.ts";
import { serveAgain } from "./update.ts";

/**
 * Requests features from the Edge, as soon as the limit of the request rate allows. No request is sent if a request is in flight, if a stream
 * that has sent a list of features is open, or if the client is offline or closed.
 */
export function refresh(core: Core, pending: Pending): void {
  core.commands.push(pending);
  const { state } = core;
  switch (state.kind) {
    case "stopped":
      settle(core, CLOSED);
      break;
    case "offline":
      settle(core);
      break;
    case "streaming":
      if (state.hasData) settle(core);
      break;
    case "connecting":
    case "fetching":
      break;
    case "idle":
      start(core);
      break;
    case "due":
    case "fresh":
    case "expired":
    case "done":
    case "halted":
      connect(core);
  }
}

/** Handles the read of a feature: sends a request if the client polls passively and the time of its next poll has come (D-71). */
export function featureRead(core: Core): void {
  if (core.state.kind === "expired" && !core.isSuspended) connect(core);
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

/** Requests features for a new context or new keys. An offline client sends no request, so that its commands are complete. */
export function request(core: Core): void {
  if (core.state.kind === "offline") {
    settle(core);
  } else if (core.state.kind !== "idle") {
    giveUp(core);
    connect(core);
  }
}

/** Returns true if the mode is streaming and there is a single key, because a stream has only one key. */
export function streams(core: Core): boolean {
  return core.config.mode.kind === "streaming" && !core.keys.areSeveral;
}
