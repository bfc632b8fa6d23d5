import { type Attributes, NO_ATTRIBUTES } from "../../attributes.ts";
import { type Problem, sameProblem, timedOut } from "../../repository/problem.ts";
import type { Cause } from "../../repository/publication.ts";
import type { Readiness } from "../../repository/readiness.ts";
import { sameSource } from "../../repository/source.ts";
import { type Connection, INITIAL_STATUS, type SessionStatus } from "../../repository/status.ts";
import type { Millis } from "../../repository/time.ts";
import type { Action, Input, InputOf, RequestId, RequestKind } from "../action.ts";
import { type Config, DEFAULT_INTERVAL } from "../config.ts";
import { Delays, type Random } from "../delay.ts";
import type { Redirected, SecretUrl } from "../edge_url.ts";
import { FeatureSet } from "../feature_set/mod.ts";
import type { ApiKeys } from "../key.ts";
import { type Access, isRefused } from "./access.ts";
import { type Body, bytes, closed, opened } from "./answer.ts";
import { connect } from "./connect.ts";
import {
  changeContext,
  type NextContext,
  newestContext,
  refuseNextContext,
  startNextContext,
} from "./contexts.ts";
import { type Held, isServed, UNSERVED } from "./held.ts";
import { commandDeadline, expireCommands, type Pending, restartCommandLimits, settle } from "./pending.ts";
import { changeKeys, featureRead, refresh } from "./request.ts";
import { abort, isLast, type Stream, streamDeadline, wasOpenSince } from "./stream.ts";
import { awaitResumption, isDormant, resume, suspend } from "./suspension.ts";
import { publish, stored, storedFeature } from "./update.ts";

/** The kind of a redirected request, and the target of the redirect. */
export interface Redirect {
  readonly kind: RequestKind;
  readonly url: SecretUrl;
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
  /** The context that waits, because it was set while the request for another context was in flight (D-120). */
  next: NextContext | undefined;
  /**
   * The etag of the poll that the held features come from; `undefined` if there was no such poll, if it had no etag or was not applied as a
   * whole, or if the features, the context's header or the keys have changed since (D-72). Sent with a single key only (D-60).
   */
  etag: string | undefined;
  /** The time between polls. The Edge may change this time by `max-age`. */
  interval: number;
  /** The time of the next attempt to stream; `undefined` unless the client polls because it cannot stream. */
  pollUntil: Millis | undefined;
  /** The time from the next poll, which follows a stream that had features, to the next stream; `undefined` if no such poll is due or in flight (D-64). */
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

/** The functions that handle the inputs. */
const HANDLERS: {
  readonly [Type in Input["type"]]: (core: Core, input: InputOf<Type>) => void;
} = {
  start,
  tick,
  stop,
  suspend,
  resume,
  refresh: (core, { commandId }) => {
    refresh(core, { commandId, expires: undefined });
  },
  feature_read: featureRead,
  context: changeContext,
  keys: changeKeys,
  opened,
  bytes,
  closed,
  stored,
  stored_feature: storedFeature,
};

/**
 * The protocol of a FeatureHub client as a state machine. A driver passes events with their time to the session, and performs the actions
 * that the session returns. At most one request is in flight: before the next `send`, the previous request has ended or gets `abort`.
 *
 * Every state in which the session waits for the Edge has a deadline, so that no failure can stop a client silently. There is no deadline
 * before the start, and none for a client that is offline, halted, suspended or closed. A passive client whose features may be outdated has
 * no deadline either, nor has a client that polls once and is done (D-71).
 *
 * @example
 * ```ts
 * const session = new Session(config, Math.random);
 * for (const action of session.handle(0, { type: "start" })) perform(action);
 * const { deadline } = session;
 * if (deadline !== undefined) setTimeout(() => session.handle(now(), { type: "tick" }), deadline - now());
 * ```
 */
export class Session {
  readonly #core: Core;
  /** The status that was published last. The status may change in several steps before it is published. */
  #shown = INITIAL_STATUS;

  /**
   * Creates a session that has not started. The random numbers determine its random delays. Without `redirected`, every redirect is a
   * problem, because the platform has followed those that it allows.
   */
  constructor(config: Config, random: Random, redirected?: Redirected) {
    this.#core = new Core(config, random, redirected);
  }

  /** Handles an event or a command that arrived at the time `now`. Returns the actions for the driver, in their order. */
  handle(now: Millis, input: Input): Action[] {
    const core = this.#core;
    core.now = Math.max(core.now, now);
    (HANDLERS[input.type] as (core: Core, input: Input) => void)(core, input);
    publish(core);
    this.#show();
    // The features of the previous context are published first, so that reads for that context see them.
    if (startNextContext(core)) {
      publish(core);
      this.#show();
    }
    return [...core.actions.splice(0), ...core.settled.splice(0)];
  }

  /**
   * The time at which the driver must pass in `tick` if no other event comes before; `undefined` if the session waits for no time.
   */
  get deadline(): Millis | undefined {
    const [state, command] = [stateDeadline(this.#core), commandDeadline(this.#core)];
    return state === undefined || command === undefined ? (state ?? command) : Math.min(state, command);
  }

  /**
   * The time when the Edge last sent data for a request that was in flight: the head of a response, or a chunk of its body. `undefined`
   * before the first data.
   */
  get lastContact(): Millis | undefined {
    return this.#core.lastContact;
  }

  /** The current status of the client. */
  get status(): SessionStatus {
    return this.#shown;
  }

  /**
   * The context of a server-evaluated key that was set last: the waiting context, or the current context if no context waits. With a
   * client-evaluated key, contexts are not set.
   */
  get newestContext(): Attributes {
    return newestContext(this.#core);
  }

  /** Updates the status, and publishes it if it differs from the status that was published last. */
  #show(): void {
    const { status, actions } = this.#core;
    status.readiness = readiness(this.#core);
    status.isWithheld = this.#core.held.kind === "withheld";
    status.isStale = isStale(this.#core);
    [status.connection, status.nextAttempt] = connection(this.#core);
    if (sameStatus(status, this.#shown)) return;
    this.#shown = Object.freeze({ ...status });
    actions.push({ type: "status", status: this.#shown });
  }
}

/** Returns true if both statuses are equal. */
function sameStatus(left: SessionStatus, right: SessionStatus): boolean {
  return (Object.keys(left) as (keyof SessionStatus)[]).every((name) =>
    name === "problem"
      ? sameProblem(left.problem, right.problem)
      : name === "source"
        ? sameSource(left.source, right.source)
        : left[name] === right[name],
  );
}

/** Returns the connection that the status shows, and the time of the next scheduled request. */
function connection(core: Core): [Connection, Millis | undefined] {
  const { state } = core;
  if (isDormant(core)) return ["suspended", undefined];
  switch (state.kind) {
    case "due":
      return [state.as, state.at];
    case "fetching":
      return ["connecting", undefined];
    case "fresh":
    case "expired":
      return ["resting", undefined];
    case "stopped":
      return ["closed", undefined];
    case "idle":
    case "connecting":
    case "streaming":
    case "done":
    case "halted":
    case "offline":
      return [state.kind, undefined];
  }
}

function stateDeadline(core: Core): Millis | undefined {
  const { state } = core;
  if (isDormant(core)) return undefined;
  if (state.kind === "due") return state.at;
  if (state.kind === "streaming") return streamDeadline(state, core.config.limits)[0];
  return "until" in state ? state.until : undefined;
}

/** Makes the session wait for the time of the next request. Until then, the status shows the connection `as`. */
export function waitUntil(core: Core, at: Millis, as: Connection, following?: Redirect): void {
  core.state = { kind: "due", at, as, following };
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

function stop(core: Core): void {
  giveUp(core);
  core.state = { kind: "stopped" };
  settle(core, CLOSED);
  refuseNextContext(core, CLOSED);
}

/** The problem of commands that a closed client cannot carry out. */
export const CLOSED: Problem = { code: "closed" };

/** Acts if the deadline has passed. */
export function tick(core: Core): void {
  const { state, now } = core;
  if (!isDormant(core)) {
    if (state.kind === "due" && state.at <= now) {
      connect(core);
    } else if (state.kind === "streaming") {
      const [until, problem] = streamDeadline(state, core.config.limits);
      if (until <= now) abort(core, problem);
    } else if (state.kind === "fresh" && state.until <= now) {
      core.state = { kind: "expired" };
      core.actions.push({ type: "report_reads" });
    } else if ((state.kind === "connecting" || state.kind === "fetching") && state.until <= now) {
      abort(core, timedOut(state.kind === "connecting" ? "head" : "body"));
    }
  }
  expireCommands(core);
}

/** Aborts the request in flight, if there is one, and drops a pending redirect. The caller sets the next state. */
export function giveUp(core: Core): void {
  const { state } = core;
  if (state.kind === "streaming") wasOpenSince(core, state);
  if (state.kind === "due") core.state = { ...state, following: undefined };
  if ("requestId" in state) core.actions.push({ type: "abort", requestId: state.requestId });
}

/** Returns true if the client evaluates the features. */
export function evaluatesHere(core: Core): boolean {
  return core.keys.kind === "client";
}

/**
 * Returns true if the Edge wants no more requests (D-22, D-23). This begins when the session halts, or as soon as a stream with status 236
 * is open and the client has features. A refresh, other keys, and the requests after a pause or a refusal end it (D-67).
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
