import { CLOSED, type Core, giveUp, type Pending } from "./core.ts";
import { connect } from "./connect.ts";
import { restartCommandLimits, settle } from "./pending.ts";
import { awaitResumption } from "./suspension.ts";

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

/** Handles the read of a feature: sends a request if the client polls passively and the time of its next poll has come. */
export function featureRead(core: Core): void {
  if (core.state.kind === "expired" && !core.isSuspended) connect(core);
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

/** Starts the session, if it was not started or closed before. */
export function start(core: Core): void {
  if (core.state.kind !== "idle") return;
  restartCommandLimits(core);
  if (core.config.mode.kind === "offline") {
    core.state = { kind: "offline" };
    settle(core);
  } else if (core.isSuspended && core.commands.length === 0) {
    awaitResumption(core);
  } else {
    connect(core);
  }
}
