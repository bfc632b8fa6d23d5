import type { Attributes } from "../../attributes.ts";
import { sameProblem } from "../../repository/problem.ts";
import { sameSource } from "../../repository/source.ts";
import { type Connection, INITIAL_STATUS, type SessionStatus } from "../../repository/status.ts";
import type { Millis } from "../../repository/time.ts";
import type { Action, Input, InputOf } from "../action.ts";
import type { Config } from "../config.ts";
import type { Random } from "../delay.ts";
import type { Redirected } from "../edge_url.ts";
import { CLOSED, Core, giveUp, isDormant, isStale, newestContext, readiness } from "./core.ts";
import { bytes, closed, opened } from "./answer.ts";
import { changeContext, changeKeys, startNextContext } from "./contexts.ts";
import { refuseNextContext } from "./handover.ts";
import { commandDeadline, settle } from "./pending.ts";
import { featureRead, refresh, start } from "./request.ts";
import { resume, suspend } from "./suspension.ts";
import { publish, stored, storedFeature } from "./update.ts";
import { stateDeadline, tick } from "./deadline.ts";

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
 * no deadline either, nor has a client that polls once and is done.
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

function stop(core: Core): void {
  giveUp(core);
  core.state = { kind: "stopped" };
  settle(core, CLOSED);
  refuseNextContext(core, CLOSED);
}
