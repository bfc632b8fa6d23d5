import { type Problem, timedOut } from "../../repository/problem.ts";
import { cut } from "../../text/text.ts";
import { type End, header, type InputOf, type RequestKind, type ResponseHead } from "../action.ts";
import { maxAge, type ResponseClass, responseClass, retryAfter } from "../response_class.ts";
import { type Body, type Core, giveUp, IDLE } from "./core.ts";
import { Value } from "../sse/value.ts";
import { connectTo } from "./connect.ts";
import {
  answered,
  fallBack,
  good,
  haltStale,
  NO_STREAMING,
  ownInterval,
  refuse,
  trouble,
} from "./outcome.ts";
import { stream, streamBytes, streamClosed } from "./stream.ts";
import { applyAnswer } from "./update.ts";

/** Maximum number of redirects in a row. If a request has one more redirect, it fails. */
const MOST_HOPS = 5;
/**
 * Number of answers to stream requests with a wrong content type, without another answer in between, after which the client polls instead.
 */
const MOST_WRONG_TYPES = 3;

/** Handles the head of a response. */
export function opened(core: Core, { requestId, head }: InputOf<"opened">): void {
  const { state, now } = core;
  if (state.kind !== "connecting" || state.requestId !== requestId) return;
  const { request: kind } = state;
  const found = responseClass(kind, state.isConditional, head);
  core.lastContact = now;
  if (kind === "poll" && (found.kind === "features" || found.kind === "unchanged")) {
    // Without a request, the client's own interval is restored, so that one wrong response does not slow the client down for good.
    core.interval = maxAge(head) ?? ownInterval(core);
  }
  if (kind === "stream") countWrongTypes(core, found);
  if (found.kind === "features") {
    const { isLast } = found;
    core.state =
      kind === "stream"
        ? stream(requestId, now, core.config.limits.bytes, isLast)
        : {
            kind: "fetching",
            requestId,
            until: state.pollUntil,
            bytes: new Value(core.config.limits.bytes),
            etag: header(head, "etag"),
            isLast,
          };
    return;
  }
  giveUp(core);
  switch (found.kind) {
    case "unchanged":
      // The features that the client holds are still current.
      core.access = "granted";
      core.status.updated = now;
      answered(core, undefined);
      break;
    case "redirect":
      redirected(core, kind, head);
      break;
    case "refused":
      refuse(core, found.problem, retryAfter(head));
      break;
    case "no_streaming":
      cannotStream(core);
      break;
    case "trouble":
      if (kind !== "stream" || found.problem.code !== "content_type") {
        trouble(core, found.problem, retryAfter(head));
      } else if (core.wrongTypes >= MOST_WRONG_TYPES) {
        cannotStream(core);
      } else {
        trouble(core, found.problem);
      }
  }
}

/**
 * Counts the consecutive answers to stream requests that have a wrong content type. A redirect that the client follows is not an answer.
 */
function countWrongTypes(core: Core, found: ResponseClass): void {
  if (found.kind === "trouble" && found.problem.code === "content_type") core.wrongTypes++;
  else if (found.kind !== "redirect") core.wrongTypes = 0;
}

function redirected(core: Core, kind: RequestKind, head: ResponseHead): void {
  core.hops++;
  const from = core.lastUrl;
  core.lastUrl = undefined;
  const location = header(head, "location");
  const url = from && location !== undefined ? core.redirected?.(from, location) : undefined;
  if (url !== undefined && core.hops <= MOST_HOPS) {
    connectTo(core, { kind, url });
    return;
  }
  if (kind === "stream") core.wrongTypes = 0;
  trouble(core, { code: "redirect" });
}

/** Handles a piece of a response's body. */
export function bytes(core: Core, { requestId, bytes: piece }: InputOf<"bytes">): void {
  const { state } = core;
  if (!("requestId" in state) || state.requestId !== requestId) return;
  core.lastContact = core.now;
  if (state.kind === "streaming") {
    streamBytes(core, state, piece);
  } else if (state.kind === "fetching") {
    if (state.bytes.push(piece)) return;
    state.bytes.clear();
    giveUp(core);
    trouble(core, { code: "too_large", limit: core.config.limits.bytes });
  }
}

/** Handles the end of a request. */
export function closed(core: Core, { requestId, end }: InputOf<"closed">): void {
  const { state } = core;
  if (!("requestId" in state) || state.requestId !== requestId) return;
  const broken = problemOf(end);
  core.state = IDLE;
  if (state.kind === "streaming") streamClosed(core, state, broken);
  else if (state.kind === "fetching" && broken === undefined) fetched(core, state);
  else {
    trouble(core, broken ?? { code: "unreachable", text: "the connection closed without a response" });
  }
}

function problemOf(end: End): Problem | undefined {
  switch (end.kind) {
    case "complete":
      return undefined;
    case "broken":
      return { code: "unreachable", text: cut(end.text, 300) };
    case "tls":
      return { code: "tls", text: cut(end.text, 300) };
    case "connect_timeout":
      return timedOut("connect");
  }
}

function fetched(core: Core, body: Body): void {
  const text = body.bytes.takeText(true);
  const applied =
    text === undefined
      ? ({ problem: { code: "malformed", text: "the body is not UTF-8" } } as const)
      : applyAnswer(core, text);
  if ("problem" in applied) {
    trouble(core, applied.problem);
    return;
  }
  core.etag = applied.isWhole ? body.etag : undefined;
  if (body.isLast) {
    good(core, applied.doubt);
    haltStale(core);
  } else {
    answered(core, applied.doubt);
  }
}

/** Starts polling because the Edge cannot stream. */
function cannotStream(core: Core): void {
  if (core.pollUntil === undefined) {
    core.actions.push({ type: "notice", notice: { kind: "fell_back_to_polling" } });
  }
  core.heldStreams = 0;
  fallBack(core, NO_STREAMING);
}
