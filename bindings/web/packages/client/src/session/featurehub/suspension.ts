import { connect } from "./connect.ts";
import { haltStale } from "./outcome.ts";
import { type Core, giveUp, isLast, waitUntil } from "./core.ts";
import { tick } from "./deadline.ts";

/**
 * Suspends the session: a program that is hidden, asleep or in the background keeps its features and sends no request that no command needs.
 * The request in flight is aborted, unless it is a poll for which a command waits. If commands wait for a stream, a poll answers them
 * instead. A stream with status 236 ends as `abort` describes.
 */
export function suspend(core: Core): void {
  const { state } = core;
  if (state.kind === "stopped" || core.isSuspended) return;
  core.isSuspended = true;
  const commandWaits = core.commands.length > 0;
  if (state.kind === "streaming" && isLast(core, state)) {
    giveUp(core);
    haltStale(core);
    return;
  }
  const isPoll =
    state.kind === "fetching" ||
    (state.kind === "connecting" && state.request === "poll") ||
    (state.kind === "due" && state.following?.kind === "poll");
  const isActive =
    state.kind === "connecting" ||
    state.kind === "fetching" ||
    state.kind === "streaming" ||
    (state.kind === "due" && state.as === "connecting");
  if (!isActive || (isPoll && commandWaits)) return;
  giveUp(core);
  if (commandWaits) connect(core);
  else awaitResumption(core);
}

/** Ends the suspension. A request that became due meanwhile is sent at once. */
export function resume(core: Core): void {
  if (!core.isSuspended) return;
  core.isSuspended = false;
  // The report that was due before may have come during the suspension, when it had no effect.
  if (core.state.kind === "expired") core.actions.push({ type: "report_reads" });
  else tick(core);
}

/** Makes a request due as soon as the suspension ends. */
export function awaitResumption(core: Core): void {
  waitUntil(core, core.now, "resting");
}
