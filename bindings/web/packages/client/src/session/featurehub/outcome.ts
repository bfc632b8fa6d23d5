import type { Problem } from "../../repository/problem.ts";
import { after, since } from "../../repository/time.ts";
import { DEFAULT_INTERVAL, HELD_BACK_INTERVAL } from "../config.ts";
import { connect, streams } from "./connect.ts";
import { shortest, within } from "../delay.ts";
import { type Core, STALE, waitUntil } from "./core.ts";
import { hadContact, refused } from "./access.ts";
import { settle } from "./pending.ts";

/** The problem of a client that polls because the Edge cannot stream. */
export const NO_STREAMING: Problem = { code: "no_streaming" };

/** The problem of a stream that is held back, and of a client that polls because of this. */
export const HELD_BACK: Problem = { code: "held_back" };

/** Number of streams in a row that are held back, or get no response in time, after which the client polls instead. */
const MOST_HELD_BACK = 2;

/** Returns true if the last streams were held back or got no response in time, so often that the client polls instead. */
export function areStreamsHeldBack(core: Core): boolean {
  return core.heldStreams >= MOST_HELD_BACK;
}

/** Records that the Edge has sent or confirmed features. `doubt` is the problem of these features, if they have one. */
export function good(core: Core, doubt: Problem | undefined): void {
  // If `pollUntil` is set, the client polls only because it cannot stream.
  const pollsInstead = core.pollUntil !== undefined && core.state.kind !== "streaming" && streams(core);
  const isHeldBack = areStreamsHeldBack(core);
  if (pollsInstead && isHeldBack && core.status.attempts > 0)
    core.actions.push({ type: "notice", notice: { kind: "streams_held_back" } });
  core.status.attempts = 0;
  core.status.problem = doubt ?? (pollsInstead ? (isHeldBack ? HELD_BACK : NO_STREAMING) : undefined);
  core.refused.reset();
}

/** Records that a poll succeeded, and waits as the mode requires. `doubt` is the problem of the received features. */
export function answered(core: Core, doubt: Problem | undefined): void {
  good(core, doubt);
  const gap = takeGap(core);
  if (gap === undefined) {
    core.backoff.reset();
    rest(core);
  } else {
    // The poll says nothing about streams, so their delays do not begin anew.
    wait(core, gap);
  }
  settle(core);
}

/**
 * Sets the state after a successful poll: a client that polls once is done, and other clients wait for the next poll or the next
 * attempt to stream.
 */
function rest(core: Core): void {
  const next = after(core.now, core.interval);
  const mode = core.config.mode.kind;
  if (mode === "passive") {
    core.state = { kind: "fresh", until: next };
  } else if (mode === "once") {
    core.state = { kind: "done" };
  } else {
    // A client that streams and polled only because it was suspended opens its stream as soon as the suspension ends.
    waitUntil(core, streams(core) ? Math.min(core.pollUntil ?? core.now, next) : next, "resting");
  }
}

/** Ends the wait for the poll between two streams. Returns the time from its end to the next stream; `undefined` if there was no such poll. */
function takeGap(core: Core): number | undefined {
  const { gap } = core;
  core.gap = undefined;
  return gap;
}

/** Records a failed attempt or a refusal in the status. */
function failed(core: Core, problem: Problem): void {
  core.status.attempts++;
  core.status.problem = problem;
}

/** Records a failed attempt, and schedules a retry as in {@link wait}, after at least the time `atLeast`. */
export function trouble(core: Core, problem: Problem, atLeast = 0): void {
  failed(core, problem);
  // A poll fails as well, so the Edge may be the cause, and streaming is retried.
  if (areStreamsHeldBack(core)) core.pollUntil = undefined;
  const { config, interval, random } = core;
  const { backoff } = config;
  const gap = takeGap(core);
  let delay: number;
  if (gap !== undefined) {
    delay = gap;
  } else if (streams(core) && core.pollUntil === undefined) {
    delay = Math.max(core.backoff.next(backoff, backoff.cap, random), core.reconnectFloor);
  } else if (core.held.kind === "current" && hadContact(core.access)) {
    // A polling client that has features from the Edge waits for the time of the next poll (sdk-behaviour 2.9.2), or of the next attempt to
    // stream, before it retries.
    const again = streams(core) && core.pollUntil !== undefined ? since(core.pollUntil, core.now) : interval;
    delay = Math.max(Math.min(again, interval), shortest(backoff));
  } else {
    const cap = config.mode.kind === "once" ? backoff.cap : Math.max(interval, backoff.initial);
    delay = core.backoff.next(backoff, cap, random);
  }
  wait(core, Math.max(delay, atLeast));
  settle(core, problem);
}

/** Handles the end of a stream that had sent features but no `bye`. A long wait for the next stream has a poll in its middle. */
export function dropped(core: Core, problem: Problem): void {
  failed(core, problem);
  const { returnWithin, backoff } = core.config;
  const isLong = core.backoff.isGapLong(backoff);
  const delay = Math.max(core.backoff.afterDrop(returnWithin, backoff, core.random), core.reconnectFloor);
  core.gap = isLong ? Math.floor(delay / 2) : undefined;
  wait(core, core.gap ?? delay);
  settle(core, problem);
}

/** Handles the end of a stream that the Edge announced with `bye`. Such an end is not a problem. */
export function comeBack(core: Core): void {
  wait(core, Math.max(within(core.config.returnWithin, core.random), core.reconnectFloor));
  settle(core);
}

/**
 * Records that the Edge refuses this client. The status shows the problem at once. A retry is scheduled as in {@link wait}, after the delays
 * of `Config.refused` and at least the time `atLeast`, because an Edge may refuse clients during its own outages. No refusal stops a
 * client without features for good.
 */
export function refuse(core: Core, problem: Problem, atLeast = 0): void {
  core.access = refused(core.access);
  core.gap = undefined;
  failed(core, problem);
  const delays = core.config.refused;
  wait(core, Math.max(core.refused.next(delays, delays.cap, core.random), atLeast));
  settle(core, problem);
}

/**
 * Schedules a retry. A passive client that has features retries only when a feature is read after the delay. A client that polls once does
 * not retry if it has features.
 */
function wait(core: Core, delay: number): void {
  const at = after(core.now, delay);
  const mode = core.held.kind === "current" ? core.config.mode.kind : undefined;
  if (mode === "passive") core.state = { kind: "fresh", until: at };
  else if (mode === "once") core.state = { kind: "done" };
  else waitUntil(core, at, "waiting");
}

/** Stops sending requests because the Edge wants no more requests. Features that are served remain served. */
export function haltStale(core: Core): void {
  core.state = { kind: "halted" };
  settleAsStale(core);
}

/**
 * Schedules the next request after the time `pause`, because the Edge has requested this pause. A caller's command may send a request
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

/** Returns the time between polls while the Edge requests none. */
export function ownInterval(core: Core): number {
  const { mode } = core.config;
  if ("interval" in mode) return mode.interval;
  return areStreamsHeldBack(core) ? HELD_BACK_INTERVAL : DEFAULT_INTERVAL;
}

/** Starts polling in place of streaming. Streaming is retried later, and as soon as a poll fails if streams are held back. */
export function fallBack(core: Core, problem: Problem): void {
  if (areStreamsHeldBack(core)) core.interval = ownInterval(core);
  core.pollUntil = after(core.now, core.config.streamAgainAfter);
  core.status.problem = problem;
  connect(core);
}
