import { DriverClock } from "./clock.ts";
import { EdgeProblem } from "./edge_problem.ts";
import type { Compiled, EngineAccess } from "../engine/access.ts";
import { exchange } from "./exchange.ts";
import type { Platform, Timer } from "../platform/platform.ts";
import {
  type Cause,
  close,
  deliver,
  guarded,
  type Notice,
  type Problem,
  publish,
  queue,
  type Readiness,
  type Repository,
  type Rules,
  revoke,
  setStatus,
  setWaker,
  type SessionStatus,
} from "../repository/lib.ts";
import type { Millis } from "../repository/time.ts";
import type {
  Action,
  ApiKeys,
  CommandId,
  Input,
  Outcome,
  Request,
  RequestId,
  Session,
} from "../session/lib.ts";
import type { SentSecrets } from "./sent_secrets.ts";

/** The longest delay of a timer in milliseconds. Browsers and Node take a longer delay for none. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/** The parts that the driver connects. */
export interface DriverParts {
  readonly session: Session;
  readonly repository: Repository;
  readonly platform: Platform;
  /** The engine, which compiles the features that the client evaluates. */
  readonly engine: Pick<EngineAccess, "compile" | "close" | "onReadFailure">;
  readonly secrets: SentSecrets;
}

/** The reason for a suspension: the program called `suspend`, or the page is hidden or left. */
type SuspensionReason = "program" | "page";

/** A caller that waits for the outcome of a command. */
interface Caller {
  readonly resolve: (readiness: Readiness) => void;
  readonly reject: (problem: EdgeProblem) => void;
}

/**
 * The loop of a client: hands events to the session, performs all actions that the session returns, and sets one timer to the session's
 * deadline. All decisions of the protocol are the session's.
 *
 * Requests start and end at once. All other actions are performed in their order. A publication of features that the client evaluates waits
 * until the engine has compiled them, and so do the actions behind it.
 */
export class Driver {
  readonly #parts: DriverParts;
  readonly #clock: DriverClock;
  readonly #unwatch: () => void;
  readonly #inputs: Input[] = [];
  #isHandling = false;
  /** Aborts the last request. At most one is in flight. */
  abort: (() => void) | undefined;
  /** The id of the last request whose response had a list of features. */
  listed: RequestId | undefined;
  /** The last request, while it is in flight. */
  sent: (Action & { readonly type: "send" }) | undefined;
  /** Gets the inputs about requests. The part that shares streams with other tabs replaces this function and {@link Driver.transport}. */
  tap = (input: Input): void => {
    this.handle(input);
  };
  /** Sends a request, and returns the function that aborts it. */
  transport = (send: Action & { readonly type: "send" }): (() => void) =>
    exchange(this.#parts.platform, this.#parts.secrets, send, (input) => {
      this.tap(input);
    });
  /** The actions that are not performed yet, other than those about requests. */
  #actions: Action[] = [];
  /** True while a publication waits for the engine. */
  isCompiling = false;
  #engineProblem: Problem | undefined;
  /** The session's last status. The engine may hide its problem and its readiness. */
  #sessionStatus: SessionStatus;
  /** True if the engine has not compiled a first list of features. The next publication takes its place. */
  #lacksFirst = false;
  readonly #suspensions = new Set<SuspensionReason>();
  readonly #callers = new Map<CommandId, Caller>();
  #lastCommand: CommandId = 0;
  #timer: Timer | undefined;
  /** The time at which the next window of a usage summary ends. */
  #summaryAt: Millis | undefined;
  #isClosed = false;
  #finish: () => void = () => undefined;
  /** Fulfilled after the last delivery of events of a closed client. */
  readonly finished = new Promise<void>((resolve) => (this.#finish = resolve));

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#sessionStatus = parts.repository.status;
    this.#clock = new DriverClock(parts.platform);
    parts.repository.onTouch = () => {
      this.handle({ type: "feature_read" });
    };
    setWaker(parts.repository, () => {
      queueMicrotask(() => {
        this.#deliver();
      });
    });
    parts.engine.onReadFailure = (problem) => {
      // The read has a snapshot, which the status replaces.
      queueMicrotask(() => {
        this.#showEngineProblem(problem);
      });
    };
    this.#unwatch = parts.platform.watch({
      refresh: () => {
        this.command((commandId) => ({ type: "refresh", commandId })).catch(() => undefined);
      },
      suspend: () => {
        this.suspend("page");
      },
      resume: () => {
        this.resume("page");
      },
      flush: () => {
        this.flush(0);
      },
    });
  }

  /** Returns the current time of the session's clock. */
  now(): Millis {
    return this.#clock.now();
  }

  /** Hands an input to the session, and performs the actions. An input that arrives meanwhile is handled afterwards. */
  handle(input: Input): void {
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) {
      const input = next;
      this.#guarded(() => {
        this.#step(input);
      });
    }
    this.#isHandling = false;
    this.#setTimer();
  }

  /** Calls a part of a step. Programs and extensions replace functions of the platform: if one throws, the loop reports it, and goes on. */
  #guarded(call: () => void): void {
    guarded(this.#parts.repository, call);
  }

  /** Suspends the session for this reason. */
  suspend(reason: SuspensionReason): void {
    this.#suspensions.add(reason);
    this.handle({ type: "suspend" });
  }

  /** Ends a suspension for this reason. The session resumes if there is none for another reason, and acts on what was due meanwhile. */
  resume(reason: SuspensionReason): void {
    this.#suspensions.delete(reason);
    this.handle({ type: this.#suspensions.size > 0 ? "tick" : "resume" });
  }

  /**
   * Hands a command to the session.
   *
   * @returns the readiness with which the command succeeded
   * @throws {@link EdgeProblem} if the command failed
   */
  command(input: (commandId: CommandId) => Input): Promise<Readiness> {
    const commandId = ++this.#lastCommand;
    return new Promise((resolve, reject) => {
      this.#callers.set(commandId, { resolve, reject });
      this.handle(input(commandId));
    });
  }

  /** The features that were received last, even if they wait for the engine or are held back; `undefined` before the first. */
  received: Rules | undefined;

  /** The API keys of the session. */
  get keys(): ApiKeys {
    return this.#parts.secrets.keys;
  }

  /** Replaces the API keys. */
  setKeys(keys: ApiKeys): Promise<Readiness> {
    this.#parts.secrets.setKeys(keys);
    return this.command((commandId) => ({ type: "keys", commandId, keys }));
  }

  /** Replaces the program's headers, and requests features with them. */
  setHeaders(headers: Request["headers"]): Promise<Readiness> {
    this.#parts.secrets.setHeaders(headers);
    return this.command((commandId) => ({ type: "refresh", commandId }));
  }

  /** Delivers the waiting events at once, and makes observers send theirs, within a limit in seconds. */
  flush(limit: number): void {
    const { repository } = this.#parts;
    deliver(repository);
    repository.live.observers?.flush(limit);
  }

  #step(input: Input): void {
    const { session, repository, platform } = this.#parts;
    if (input.type === "closed") this.sent = undefined;
    for (const action of session.handle(this.now(), input)) {
      if (action.type === "send") {
        this.sent = action;
        this.abort = undefined;
        try {
          this.abort = this.transport(action);
        } catch (error) {
          // The session sends the request again later.
          const { requestId } = action;
          this.#inputs.push({ type: "closed", requestId, end: platform.endOf(error) });
        }
      } else if (action.type === "abort") {
        this.sent = undefined;
        this.#guarded(() => this.abort?.());
      } else {
        if (action.type === "publish") this.received = action.publication.rules;
        if (action.type === "raw" && action.update.kind === "list" && "requestId" in input)
          this.listed = input.requestId;
        this.#actions.push(action);
      }
    }
    repository.contact = session.lastContact;
    if (input.type === "stop") this.#close();
    else this.#performAll();
  }

  // ---- actions ------------------------------------------------------------------------------------

  /** Performs the actions in their order, up to the first publication that has to wait for the engine. */
  #performAll(): void {
    while (!this.isCompiling) {
      const [action] = this.#actions;
      if (action === undefined) return;
      if (needsEngine(action)) {
        this.isCompiling = true;
        this.#parts.engine.compile(action.publication.rules, (compiled) => {
          if (!this.#isClosed) this.#compiled(action.publication.cause, compiled);
        });
      } else {
        this.#actions.shift();
        this.#perform(action);
      }
    }
  }

  #perform(action: Action): void {
    const { repository, secrets } = this.#parts;
    switch (action.type) {
      case "publish":
        publish(repository, action.publication);
        break;
      case "revoke":
        revoke(repository, action.environments);
        break;
      case "status": {
        const { problem } = action.status;
        this.#sessionStatus = { ...action.status, problem: problem && secrets.now.wipedFrom(problem) };
        this.#show();
        break;
      }
      case "notice":
        this.notice(action.notice);
        break;
      case "raw":
        queue(repository, { kind: "raw", of: action.update });
        break;
      case "report_reads":
        repository.reportsReads = true;
        break;
      case "command_done":
        this.#commandDone(action.commandId, action.outcome);
        break;
      case "send":
      case "abort":
        break;
    }
  }

  /** Publishes the features that the engine has compiled, or shows why it has not. Features on which the engine fails are dropped. */
  #compiled(cause: Cause, { rules, problem, isOver }: Compiled): void {
    const { repository } = this.#parts;
    const due = this.#lacksFirst ? "first" : cause;
    if (rules) publish(repository, { rules, cause: due });
    this.#lacksFirst = !rules && due === "first";
    this.#showEngineProblem(problem);
    if (!isOver) return;
    this.#actions.shift();
    this.isCompiling = false;
    this.#performAll();
  }

  #showEngineProblem(problem: Problem | undefined): void {
    if (problem === this.#engineProblem) return;
    this.#engineProblem = problem;
    this.#show();
  }

  /** Removes secrets from a notice, and passes it to listeners. */
  notice(notice: Notice): void {
    const { repository, secrets } = this.#parts;
    queue(repository, { kind: "notice", of: secrets.now.wipedOff(notice) });
  }

  /** Shows the session's status with the problem of the engine. The client does not become ready without a first list of features. */
  #show(): void {
    const { repository } = this.#parts;
    const status = this.#sessionStatus;
    const { readiness } = this.#lacksFirst && status.readiness === "READY" ? repository.status : status;
    setStatus(repository, { ...status, readiness, problem: this.#engineProblem ?? status.problem });
  }

  #commandDone(commandId: CommandId, outcome: Outcome): void {
    const caller = this.#callers.get(commandId);
    this.#callers.delete(commandId);
    if ("readiness" in outcome) caller?.resolve(outcome.readiness);
    else caller?.reject(new EdgeProblem(this.#parts.secrets.now.wipedFrom(outcome.problem)));
  }

  // ---- time and delivery ----------------------------------------------------------------------------

  #setTimer(): void {
    const former = this.#timer;
    this.#timer = undefined;
    this.#guarded(() => {
      const at = Math.min(this.#parts.session.deadline ?? Infinity, this.#summaryAt ?? Infinity);
      const delay = Math.min(Math.max(at - this.now(), 0), LONGEST_DELAY);
      if (!this.#isClosed && at < Infinity)
        this.#timer = this.#parts.platform.setTimer(() => {
          this.#clock.waited(delay);
          this.#tick();
        }, delay);
      former?.clear();
    });
  }

  #tick(): void {
    if (this.#summaryAt !== undefined && this.#summaryAt <= this.now()) this.#deliver();
    this.handle({ type: "tick" });
  }

  #deliver(): void {
    const { repository } = this.#parts;
    deliver(repository);
    const summaryAt = repository.live.observers?.summaries(this.now());
    if (summaryAt === this.#summaryAt) return;
    this.#summaryAt = summaryAt;
    this.#setTimer();
  }

  /** Performs the last actions, without the publications that wait for the engine, and delivers the last events. */
  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { repository, engine } = this.#parts;
    this.#guarded(this.#unwatch);
    engine.close();
    for (const action of this.#actions.splice(0)) if (!needsEngine(action)) this.#perform(action);
    close(repository);
    queueMicrotask(() => {
      deliver(repository);
      this.#finish();
    });
  }
}

/** Returns true if the action publishes features that the engine has to compile before. */
function needsEngine(action: Action): action is Action & { readonly type: "publish" } {
  return action.type === "publish" && action.publication.rules.evaluatedFor === undefined;
}
