import type { Action, CommandId, RequestId, RequestKind } from "../action.ts";
import type { Redirected, SecretUrl } from "../edge_url.ts";
import { type Millis, since } from "../../repository/time.ts";
import {
  type Connection,
  INITIAL_STATUS,
  type Readiness,
  type SessionStatus,
} from "../../repository/status.ts";
import { type Config, DEFAULT_INTERVAL } from "../config.ts";
import type { ApiKeys } from "../key.ts";
import { Delays, type Random } from "../delay.ts";
import { FeatureSet } from "../feature_set/mod.ts";
import { type Attributes, NO_ATTRIBUTES } from "../../attributes.ts";
import { type Access, isRefused } from "./access.ts";
import { type Held, isOfEarlierContext, isServed, UNSERVED } from "./held.ts";
import type { Cause } from "../../repository/publication.ts";
import type { Problem } from "../../repository/problem.ts";
import type { Decoder } from "../sse/mod.ts";
import type { Value } from "../sse/value.ts";

/** A command that has no outcome yet. */
export interface Pending {
  readonly commandId: CommandId;
  /**
   * The time at which the caller gets a timeout as the outcome; `undefined` for commands without a time limit. Only a command that sets a
   * context has a limit.
   */
  readonly expires: Millis | undefined;
}

/** A context that is to become the current context, and the commands that set it. */
export interface NextContext {
  readonly attributes: Attributes;
  readonly header: string;
  /** The commands that set this context and are not finished yet. */
  readonly pending: readonly Pending[];
}

/** The kind of a redirected request, and the target of the redirect. */
export interface Redirect {
  readonly kind: RequestKind;
  readonly url: SecretUrl;
}

/** An open stream. */
export interface Stream {
  readonly kind: "streaming";
  readonly requestId: RequestId;
  readonly opened: Millis;
  /** True once the stream has sent a list of features. Heartbeats and single features do not count. */
  hasData: boolean;
  /** The problem of the stream's last list; `undefined` if the list had no problem. */
  doubt: Problem | undefined;
  /** True if the Edge has announced with `bye` that it will close the stream. */
  saidBye: boolean;
  /** True if the Edge wants no further requests (status 236). */
  readonly isLast: boolean;
  readonly decoder: Decoder;
  length: number;
  /** The time of the last progress: the begin of the stream, a complete event or comment, or a sufficient number of bytes. */
  progressFrom: Millis;
  /** Number of bytes that arrived after `progressFrom`. */
  progressLength: number;
  lastByte: Millis;
  lastLine: Millis;
  /** The time at which the unfinished line or event began; `undefined` if neither is unfinished. */
  begun: Millis | undefined;
}

/** The part of a poll's body that has arrived so far. */
export interface Body {
  readonly kind: "fetching";
  readonly requestId: RequestId;
  readonly until: Millis;
  readonly bytes: Value;
  readonly etag: string | undefined;
  /** True if the Edge wants no further requests (status 236). */
  readonly isLast: boolean;
}

/**
 * What the session waits for.
 *
 * - `idle`: the start.
 * - `due`: the time of the next request. Until then, the status shows the connection `as`. The request follows the redirect `following`,
 *   if there is one.
 * - `connecting`: the head of the response.
 * - `streaming`: the events of a stream.
 * - `fetching`: the body of a poll.
 * - `fresh`: the client polls passively. A read of a feature before the time `until` sends no request.
 * - `expired`: the client polls passively. The next read of a feature causes a request.
 */
export type State =
  | { readonly kind: "idle" | "expired" | "done" | "halted" | "offline" | "stopped" }
  | {
      readonly kind: "due";
      readonly at: Millis;
      readonly as: Connection;
      readonly following: Redirect | undefined;
    }
  | {
      readonly kind: "connecting";
      readonly requestId: RequestId;
      readonly request: RequestKind;
      readonly isConditional: boolean;
      readonly until: Millis;
      readonly pollUntil: Millis;
    }
  | Stream
  | Body
  | { readonly kind: "fresh"; readonly until: Millis };

/** The data of a session, which the functions of the state machine share. */
export class Core {
  readonly config: Config;
  /** The current API keys. */
  keys: ApiKeys;
  readonly random: Random;
  readonly redirected: Redirected | undefined;
  /** The latest time that the driver passed in. An earlier time that is passed in later is ignored. */
  now: Millis = 0;
  state: State = IDLE;
  readonly features: FeatureSet;
  /** The current context of server-evaluated keys. A newer context may wait in `next`. */
  context = NO_ATTRIBUTES;
  header = "";
  /** True if the current context was set after the start. */
  contextWasSet = false;
  /** The context that waits, because it was set while the request for another context was in flight. */
  next: NextContext | undefined;
  /**
   * The etag of the poll that the held features come from; `undefined` if there was no such poll, if it had no etag or was not applied as a
   * whole, or if the features, the context's header or the keys have changed since. Sent with a single key only.
   */
  etag: string | undefined;
  /** The time between polls. The Edge may change this time by `max-age`. */
  interval: number;
  /** The time of the next attempt to stream; `undefined` unless the client polls because it cannot stream. */
  pollUntil: Millis | undefined;
  /** The time from the next poll, which follows a stream that had features, to the next stream; `undefined` if no such poll is due or in flight. */
  gap: number | undefined;
  /** Number of the last answers to stream requests that had a wrong content type, in a row and since the keys were changed. */
  wrongTypes = 0;
  /** Number of the last stream requests that were held back or got no response in time, since a stream last sent a list. */
  heldStreams = 0;
  readonly backoff = new Delays();
  readonly refused = new Delays();
  /** The minimum delay before a reconnect, as a stream last requested with `retry:`; 0 if no stream has requested a delay. */
  reconnectFloor = 0;
  /** The times of the last two requests, the earlier one first; `undefined` for requests that were not sent yet. */
  recent: readonly [Millis | undefined, Millis | undefined] = [undefined, undefined];
  /** The URL of the last request; `undefined` before the first request, and after a redirect until the next request. */
  lastUrl: SecretUrl | undefined;
  /** Number of redirects since the last request that followed no redirect. */
  hops = 0;
  lastRequestId: RequestId = 0;
  access: Access = "unknown";
  held: Held = UNSERVED;
  commands: Pending[] = [];
  /** True from `suspend` until `resume`. */
  isSuspended = false;
  lastContact: Millis | undefined;
  status: { -readonly [Name in keyof SessionStatus]: SessionStatus[Name] } = { ...INITIAL_STATUS };
  readonly actions: Action[] = [];
  /**
   * The cause of the pending publication; `undefined` if no publication is pending. An input leads to at most one publication, or two if it
   * also ends the wait of a context, because a large chunk may hold many events.
   */
  unpublished: Cause | undefined;
  /** The outcomes of commands, which are reported after features and status are published. */
  readonly settled: Action[] = [];

  constructor(config: Config, random: Random, redirected: Redirected | undefined) {
    const { keys, mode } = config;
    this.config = config;
    this.keys = keys;
    this.random = random;
    this.redirected = redirected;
    this.features = new FeatureSet(keys);
    this.interval = "interval" in mode ? mode.interval : DEFAULT_INTERVAL;
  }
}

/** A state that waits for nothing that the session itself knows. */
export const IDLE: State = { kind: "idle" };

/** The problem of commands that a closed client cannot carry out. */
export const CLOSED: Problem = { code: "closed" };

/** The problem of an environment for which the Edge wants no more requests. */
export const STALE: Problem = { code: "stale" };

/** Makes the session wait for the time of the next request. Until then, the status shows the connection `as`. */
export function waitUntil(core: Core, at: Millis, as: Connection, following?: Redirect): void {
  core.state = { kind: "due", at, as, following };
}

/** Aborts the request in flight, if there is one, and drops a pending redirect. The caller sets the next state. */
export function giveUp(core: Core): void {
  const { state } = core;
  if (state.kind === "streaming") wasOpenSince(core, state);
  if (state.kind === "due") core.state = { ...state, following: undefined };
  if ("requestId" in state) core.actions.push({ type: "abort", requestId: state.requestId });
}

/** Resets the retry delays if a stream with features has been open for at least `Config.healthyAfter`. */
export function wasOpenSince(core: Core, { opened, hasData }: Pick<Stream, "opened" | "hasData">): void {
  if (hasData && since(core.now, opened) >= core.config.healthyAfter) core.backoff.reset();
}

/**
 * Returns true if no request follows the end of this stream, because the response had status 236. A client without features continues to
 * send requests.
 */
export function isLast(core: Core, stream: Stream): boolean {
  return stream.isLast && (stream.hasData || core.held.kind === "current");
}

/**
 * Returns true if the Edge wants no more requests. This begins when the session halts, or as soon as a stream with status 236
 * is open and the client has features. A refresh, other keys, and the requests after a pause or a refusal end it.
 */
export function isStale(core: Core): boolean {
  const { state } = core;
  if (state.kind === "stopped") return core.status.isStale;
  return state.kind === "halted" || (state.kind === "streaming" && isLast(core, state));
}

/** Returns the current readiness of the client. */
export function readiness(core: Core): Readiness {
  if (core.state.kind === "stopped") return "CLOSED";
  if (isRefused(core.access)) return "FAILED";
  return isServed(core.held) ? "READY" : "NOT_READY";
}

/**
 * Returns true if the session waits, and the suspension keeps it from acting when the time comes. A request that only the limit of the
 * request rate delays is sent nevertheless, because a command needs it.
 */
export function isDormant({ isSuspended, state }: Core): boolean {
  return (
    isSuspended &&
    (state.kind === "fresh" ||
      state.kind === "expired" ||
      (state.kind === "due" && state.as !== "connecting"))
  );
}

/** Returns true if the client evaluates the features. */
export function evaluatesHere(core: Core): boolean {
  return core.keys.kind === "client";
}

/** Returns the context for which the Edge evaluated the held features; `undefined` if the client evaluates them. */
export function evaluatedFor(core: Core): Attributes | undefined {
  if (isOfEarlierContext(core.held)) return core.held.of;
  return evaluatesHere(core) ? undefined : core.context;
}

/** Returns the context that was set last: the waiting context, or the current context if no context waits. */
export function newestContext(core: Core): Attributes {
  return core.next?.attributes ?? core.context;
}

/** Returns true if the settings keep values while the Edge evaluates a new context. */
export function keepsValues(core: Core): boolean {
  return core.config.whileSwitching === "keep";
}

/**
 * Returns the second context for which the held features are served if the settings keep values: the newest context. Returns `undefined` if
 * the settings hide values, or if the held features are not those of an earlier context.
 */
export function keptFor(core: Core): Attributes | undefined {
  return isOfEarlierContext(core.held) && keepsValues(core) ? newestContext(core) : undefined;
}
