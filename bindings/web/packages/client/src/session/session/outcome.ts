import type { Problem } from "../../repository/problem.ts";
import { after, since } from "../../repository/time.ts";
import { shortest, within } from "../delay.ts";
import { type Core, waitUntil } from "./mod.ts";
import { hadContact, refused } from "./access.ts";
import { settle } from "./pending.ts";
import { streams } from "./request.ts";

/** The problem of an environment for which the Edge wants no more requests. */
export const STALE: Problem = { code: "stale" };

/** The problem of a client that polls because the Edge cannot stream. */
export const NO_STREAMING: Problem = { code: "no_streaming" };

/** Records that the Edge has sent or confirmed features. `doubt` is the problem of these features, if they have one. */
export function good(core: Core, doubt: Problem | undefined): void {
  core.status.attempts = 0;
  // If `pollUntil` is set, the client polls only because the Edge could not stream.
  const isFallback = core.pollUntil !== undefined && core.state.kind !== "streaming" && streams(core);
  core.status.problem = doubt ?? (isFallback ? NO_STREAMING : undefined);
  core.refused.reset();
}

/** Records that a poll succeeded, and waits as the mode requires. `doubt` is the problem of the received features. */
export function answered(core: Core, doubt: Problem | undefined): void {
  good(core, doubt);
  core.backoff.reset();
  rest(core);
  settle(core);
}

/**
 * Sets the state after a successful poll: a one-off client is done, and other clients wait for the next poll or the next attempt to stream.
 */
function rest(core: Core): void {
  const next = after(core.now, core.interval);
  const mode = core.config.mode.kind;
  if (mode === "passive_polling") {
    core.state = { kind: "fresh", until: next };
  } else if (mode === "one_off") {
    core.state = { kind: "done" };
  } else {
    // A client that streams and polled only because it was suspended opens its stream as soon as the suspension ends.
    waitUntil(core, streams(core) ? Math.min(core.pollUntil ?? core.now, next) : next, "resting");
  }
}

/** Records a failed attempt or a refusal in the status. */
function failed(core: Core, problem: Problem): void {
  core.status.attempts++;
  core.status.problem = problem;
}

/** Records a failed attempt, and schedules a retry as in {@link wait}, after at least the time `atLeast`. */
export function trouble(core: Core, problem: Problem, atLeast = 0): void {
  failed(core, problem);
  const { config, interval, random } = core;
  const { backoff } = config;
  let delay: number;
  if (streams(core) && core.pollUntil === undefined) {
    delay = Math.max(core.backoff.next(backoff, backoff.cap, random), core.reconnectFloor);
  } else if (core.held.kind === "current" && hadContact(core.access)) {
    // A polling client that has features from the Edge waits for the time of the next poll (sdk-behaviour 2.9.2), or of the next attempt to
    // stream, before it retries.
    const again = streams(core) && core.pollUntil !== undefined ? since(core.pollUntil, core.now) : interval;
    delay = Math.max(Math.min(again, interval), shortest(backoff));
  } else {
    const cap = config.mode.kind === "one_off" ? backoff.cap : Math.max(interval, backoff.initial);
    delay = core.backoff.next(backoff, cap, random);
  }
  wait(core, Math.max(delay, atLeast));
  settle(core, problem);
}

/** Handles the end of a stream that had sent features but no `bye`. */
export function dropped(core: Core, problem: Problem): void {
  failed(core, problem);
  const { returnWithin, backoff } = core.config;
  const delay = core.backoff.afterDrop(returnWithin, backoff, core.random);
  wait(core, Math.max(delay, core.reconnectFloor));
  settle(core, problem);
}

/** Handles the end of a stream that the Edge announced with `bye`. Such an end is not a problem. */
export function comeBack(core: Core): void {
  wait(core, Math.max(within(core.config.returnWithin, core.random), core.reconnectFloor));
  settle(core);
}

/**
 * Records that the Edge refuses this client. The status shows the problem at once. A retry is scheduled as in {@link wait}, after the delays
 * of `Config.refused` and at least the time `atLeast`, because an Edge may refuse clients during its own outages (D-21). No refusal stops a
 * client without features for good (D-114).
 */
export function refuse(core: Core, problem: Problem, atLeast = 0): void {
  core.access = refused(core.access);
  failed(core, problem);
  const delays = core.config.refused;
  wait(core, Math.max(core.refused.next(delays, delays.cap, core.random), atLeast));
  settle(core, problem);
}

/**
 * Schedules a retry. A passive client that has features retries only when a feature is read after the delay. A one-off client that has
 * features does not retry.
 */
function wait(core: Core, delay: number): void {
  const at = after(core.now, delay);
  const mode = core.held.kind === "current" ? core.config.mode.kind : undefined;
  if (mode === "passive_polling") core.state = { kind: "fresh", until: at };
  else if (mode === "one_off") core.state = { kind: "done" };
  else waitUntil(core, at, "waiting");
}

/** Stops sending requests because the Edge wants no more requests. Features that are served remain served (D-22, D-23). */
export function haltStale(core: Core): void {
  core.state = { kind: "halted" };
  settleAsStale(core);
}

/**
 * Schedules the next request after the time `pause`, because the Edge has requested this pause (D-22). A caller's command may send a request
 * earlier.
 */
export function pause(core: Core, pause: number): void {
  waitUntil(core, after(core.now, pause), "paused");
  settleAsStale(core);
}

function settleAsStale(core: Core): void {
  core.status.problem = STALE;
  settle(core, core.held.kind === "current" ? undefined : STALE);
}
