import { members, parse, tokenText } from "../../text/json.ts";
import { type Problem, timedOut } from "../../repository/problem.ts";
import { after, type Millis } from "../../repository/time.ts";
import { cut } from "../../text/text.ts";
import type { RequestId } from "../action.ts";
import { type Limits, SLOWEST } from "../config.ts";
import { whole } from "../delay.ts";
import { LONGEST_INTERVAL } from "../response_class.ts";
import { type Core, giveUp, IDLE, isLast, type Stream, wasOpenSince } from "./core.ts";
import { Decoder, type Event } from "../sse/mod.ts";
import { revoked } from "./access.ts";
import { refuseNextContextAsStale } from "./handover.ts";
import {
  areStreamsHeldBack,
  comeBack,
  dropped,
  fallBack,
  good,
  haltStale,
  HELD_BACK,
  pause,
  refuse,
  trouble,
} from "./outcome.ts";
import { settle } from "./pending.ts";
import { applyList, applyOne, densityOf } from "./update.ts";

/** The maximum delay in milliseconds before a reconnect that a stream can request with `retry:`. */
const LONGEST_RECONNECT = 30_000;

/** Returns a stream that was opened now. */
export function stream(requestId: RequestId, now: Millis, limit: number, isLast: boolean): Stream {
  return {
    kind: "streaming",
    requestId,
    opened: now,
    hasData: false,
    doubt: undefined,
    saidBye: false,
    isLast,
    decoder: new Decoder(limit),
    length: 0,
    progressFrom: now,
    progressLength: 0,
    lastByte: now,
    lastLine: now,
    begun: undefined,
  };
}

/** Records that the stream is not held back. */
function progress(core: Core, stream: Stream): void {
  stream.progressFrom = core.now;
  stream.progressLength = 0;
}

/**
 * Returns the time at which the stream is aborted if no more bytes arrive, and the problem that is then reported. Of equal times,
 * that of a stream that is held back counts, and then the earlier stage.
 */
export function streamDeadline(stream: Stream, limits: Limits): [Millis, Problem] {
  const { begun, decoder } = stream;
  const atLeast = (bytes: number) => Math.max(limits.idle, Math.floor(bytes / SLOWEST) * 1_000);
  let until = after(begun === undefined ? stream.lastLine : stream.lastByte, limits.idle);
  let problem = timedOut("silence");
  // A later call has the earlier stage.
  const limit = (from: Millis, length: number, exceeded: Problem): void => {
    if (after(from, length) <= until) [until, problem] = [after(from, length), exceeded];
  };
  if (begun !== undefined) limit(begun, atLeast(decoder.unfinished), timedOut("event"));
  if (!stream.hasData) {
    limit(stream.opened, atLeast(stream.length), timedOut("first_event"));
    limit(stream.progressFrom, limits.heldBack, HELD_BACK);
  }
  return [until, problem];
}

/** The reason why the session aborts a stream: a problem, a refusal, or a request of the Edge to stop or pause. */
type Stop =
  | { readonly kind: "trouble" | "refused"; readonly problem: Problem }
  | { readonly kind: "stale" }
  | { readonly kind: "pause"; readonly pause: number };

/** Handles bytes of a stream. */
export function streamBytes(core: Core, stream: Stream, bytes: Uint8Array): void {
  const { decoder } = stream;
  core.state = IDLE;
  const { limits } = core.config;
  stream.length += bytes.length;
  stream.lastByte = core.now;
  // Bytes that arrive at the time of the last progress do not count, so that the result does not depend on the sizes of chunks.
  if (core.now > stream.progressFrom) stream.progressLength += bytes.length;
  if (stream.progressLength * 1_000 >= SLOWEST * limits.heldBack) progress(core, stream);
  const { lines, parts } = decoder;
  let isBetweenEvents = decoder.unfinished === 0;
  let stop: Stop | undefined;
  const chunk = { bytes, at: 0 };
  while (stop === undefined) {
    const event = decoder.decode(chunk);
    if (event === undefined) break;
    if (event === "too_large") {
      stop = { kind: "trouble", problem: { code: "too_large", limit: limits.bytes } };
      break;
    }
    isBetweenEvents = true;
    stop = handleEvent(core, stream, event);
    // The result must not depend on the sizes of chunks, so a waiting context is settled before the rest of the chunk.
    if (stop !== undefined || !stream.hasData || core.next === undefined) continue;
    // Otherwise the request of the waiting context replaces this stream.
    if (!isLast(core, stream)) break;
    refuseNextContextAsStale(core);
  }
  const hasLines = decoder.lines > lines;
  if (hasLines) stream.lastLine = core.now;
  if (decoder.parts > parts) progress(core, stream);
  // The unfinished line or event began in this chunk, unless a part of it arrived in an earlier chunk.
  const isAnother = isBetweenEvents || (hasLines && !decoder.isWithinEvent);
  const began = (isAnother ? undefined : stream.begun) ?? core.now;
  stream.begun = decoder.unfinished > 0 ? began : undefined;
  if (decoder.retry !== undefined) core.reconnectFloor = Math.min(decoder.retry, LONGEST_RECONNECT);
  core.state = stream;
  if (stop?.kind === "trouble") {
    abort(core, stop.problem);
  } else if (stop !== undefined) {
    giveUp(core);
    switch (stop.kind) {
      case "refused":
        core.access = revoked(core.access);
        refuse(core, stop.problem);
        break;
      case "stale":
        haltStale(core);
        break;
      case "pause":
        pause(core, stop.pause);
    }
  }
}

function handleEvent(core: Core, stream: Stream, { name, data }: Event): Stop | undefined {
  const dense = densityOf(core, data);
  if (dense) return { kind: "trouble", problem: dense };
  switch (name) {
    case "features": {
      const applied = applyList(core, data);
      if ("problem" in applied) return { kind: "trouble", problem: applied.problem };
      stream.hasData = true;
      stream.doubt = applied.doubt;
      core.heldStreams = 0;
      break;
    }
    case "feature":
    case "delete_feature": {
      const why = applyOne(core, name === "feature" ? "feature" : "delete", data);
      if (why !== undefined) return { kind: "trouble", problem: { code: "malformed", text: cut(why, 300) } };
      break;
    }
    case "bye":
      stream.saidBye = true;
      return undefined;
    case "failure":
      return { kind: "refused", problem: { code: "failure", text: reason(data) } };
    case "config":
      return stale(data);
    default:
      return undefined;
  }
  if (stream.hasData) {
    // A single feature does not resolve the problem of an earlier list.
    good(core, stream.doubt);
    settle(core);
  }
  return undefined;
}

/**
 * Aborts the request because of a problem, and schedules a retry. Halts if no request follows the end of a stream. After several streams in
 * a row that are held back or get no response in time, polls instead.
 */
export function abort(core: Core, problem: Problem): void {
  const { state } = core;
  const isHeldBack = problem === HELD_BACK || (state.kind === "connecting" && state.request === "stream");
  giveUp(core);
  if (state.kind === "streaming" && isLast(core, state)) haltStale(core);
  else if (isHeldBack && ++core.heldStreams && areStreamsHeldBack(core)) fallBack(core, problem);
  else trouble(core, problem);
}

/** Handles the end of a stream. */
export function streamClosed(core: Core, stream: Stream, broken: Problem | undefined): void {
  wasOpenSince(core, stream);
  if (isLast(core, stream)) {
    haltStale(core);
  } else if (!stream.hasData) {
    trouble(core, broken ?? { code: "closed_early" });
  } else if (stream.saidBye) {
    core.backoff.reset();
    comeBack(core);
  } else {
    dropped(core, broken ?? { code: "disconnected" });
  }
}

/** Returns the members of a JSON object; an empty list for any other text. */
function membersOf(data: string): [string, string][] {
  return parse(data) === undefined ? [] : (members(data) ?? []);
}

/**
 * Returns the first member `status` of a `failure` event's data, or the whole data if that member is missing or not a text. The result is cut
 * off after 200 characters.
 */
function reason(data: string): string {
  const status = membersOf(data).find(([name]) => name === "status")?.[1];
  return cut((status === undefined ? undefined : tokenText(status)) ?? data, 200);
}

/**
 * Reads `edge.stale` of a `config` event. `true` stops requests. A number above 0 pauses requests for this number of seconds, at most for
 * {@link LONGEST_INTERVAL}. Any other value has no effect.
 */
function stale(data: string): Stop | undefined {
  const value = membersOf(data).findLast(([name]) => name === "edge.stale")?.[1] ?? "";
  if (value === "true") return { kind: "stale" };
  const seconds = /^[-\d]/.test(value) ? Number(value) : 0;
  return seconds > 0
    ? { kind: "pause", pause: whole(Math.min(seconds, LONGEST_INTERVAL / 1_000) * 1_000) }
    : undefined;
}
