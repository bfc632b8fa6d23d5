import { DriverClock } from "./driver_clock.ts";
import { EdgeProblem } from "./edge_problem.ts";
import type { Compile } from "./engine_access.ts";
import { EngineUnavailable } from "./engine_access.ts";
import type { Platform, Timer } from "./platform.ts";
import type { Notice, Problem, Readiness, Repository, Rules, SessionStatus } from "./repository/lib.ts";
import type { Millis } from "./repository/time.ts";
import { Delays } from "./session/delay.ts";
import type {
  Action,
  ApiKeys,
  Backoff,
  CommandId,
  End,
  Input,
  Outcome,
  Request,
  RequestId,
  Session,
} from "./session/lib.ts";
import type { SentSecrets } from "./sent_secrets.ts";

/** The longest delay of a timer in milliseconds. Browsers and Node take a longer delay for none. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/** The parts that the driver connects. */
export interface DriverParts {
  readonly session: Session;
  readonly repository: Repository;
  readonly platform: Platform;
  /** Compiles the features that the client evaluates, and loads the engine before if necessary. */
  readonly compile: Compile;
  /** The delays before the engine is loaded again. */
  readonly backoff: Backoff;
  readonly secrets: SentSecrets;
}

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
  #exchange: { readonly requestId: RequestId; readonly abort: AbortController } | undefined;
  /** The actions that are not performed yet, other than those about requests. */
  #actions: Action[] = [];
  #isCompiling = false;
  readonly #loadDelays = new Delays();
  /** The time at which the engine is loaded again; `undefined` unless loading has failed. */
  #loadAgainAt: Millis | undefined;
  #engineProblem: Problem | undefined;
  /** The problem of the session's last status, which a problem of the engine may hide. */
  #sessionProblem: Problem | undefined;
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
    this.#clock = new DriverClock(parts.platform);
    parts.repository.setWaker(() => {
      queueMicrotask(() => {
        this.#deliver();
      });
    });
    parts.repository.setTouchWaker(() => {
      this.handle({ type: "feature_read" });
    });
    this.#unwatch = parts.platform.watch({
      refresh: () => {
        this.command((commandId) => ({ type: "refresh", commandId })).catch(() => undefined);
      },
      suspend: () => {
        this.handle({ type: "suspend" });
      },
      resume: () => {
        this.handle({ type: "resume" });
      },
      flush: () => {
        parts.repository.flushUsage(0);
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
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) this.#step(next);
    } finally {
      this.#isHandling = false;
    }
    this.#setTimer();
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

  #step(input: Input): void {
    const { session, repository } = this.#parts;
    for (const action of session.handle(this.now(), input)) {
      if (action.type === "send") void this.#send(action.requestId, action.request);
      else if (action.type === "abort") this.#abort(action.requestId);
      else this.#actions.push(action);
    }
    if (session.lastContact !== undefined) repository.contact(session.lastContact);
    if (input.type === "stop") this.#close();
    else this.#performAll();
  }

  // ---- requests -----------------------------------------------------------------------------------

  async #send(requestId: RequestId, { kind, url, headers }: Request): Promise<void> {
    const { platform, secrets } = this.#parts;
    const abort = new AbortController();
    const { signal } = abort;
    this.#exchange = { requestId, abort };
    secrets.remember();
    const own = secrets.headers;
    const isPrivate = own.length > 0 || headers.some(([name]) => name === "x-featurehub");
    let end: End = { kind: "complete" };
    try {
      const request = { kind, url, headers: [...headers, ...own], isPrivate };
      const { head, body } = await platform.send(request, signal);
      if (!signal.aborted) this.handle({ type: "opened", requestId, head });
      const reader = body?.getReader();
      for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
        if (signal.aborted) return;
        this.handle({ type: "bytes", requestId, bytes: piece.value });
      }
    } catch (error) {
      end = platform.endOf(error);
    }
    if (signal.aborted) return;
    this.#exchange = undefined;
    this.handle({ type: "closed", requestId, end });
  }

  #abort(requestId: RequestId): void {
    if (this.#exchange?.requestId !== requestId) return;
    this.#exchange.abort.abort();
    this.#exchange = undefined;
  }

  // ---- actions ------------------------------------------------------------------------------------

  /** Performs the actions in their order, up to the first publication that has to wait. */
  #performAll(): void {
    while (!this.#isCompiling && this.#loadAgainAt === undefined) {
      const [action] = this.#actions;
      if (action === undefined) return;
      if (action.type === "publish" && needsEngine(action.publication.rules)) {
        void this.#compile(action.publication.rules);
      } else {
        this.#actions.shift();
        this.#perform(action);
      }
    }
  }

  #perform(action: Action): void {
    const { repository } = this.#parts;
    switch (action.type) {
      case "publish":
        repository.publish(action.publication);
        break;
      case "revoke":
        repository.revoke(action.environments);
        break;
      case "status":
        this.#show(action.status);
        break;
      case "notice":
        this.notice(action.notice);
        break;
      case "raw":
        repository.raw(action.update);
        break;
      case "report_reads":
        repository.reportReads();
        break;
      case "command_done":
        this.#commandDone(action.commandId, action.outcome);
        break;
      case "send":
      case "abort":
        break;
    }
  }

  /** Removes secrets from a notice, and passes it to listeners. */
  notice(notice: Notice): void {
    this.#parts.repository.notice(this.#parts.secrets.now.wipedOff(notice));
  }

  #show(status: SessionStatus): void {
    const { problem } = status;
    this.#sessionProblem = problem && this.#parts.secrets.now.wipedFrom(problem);
    this.#parts.repository.setStatus({ ...status, problem: this.#engineProblem ?? this.#sessionProblem });
  }

  #commandDone(commandId: CommandId, outcome: Outcome): void {
    const caller = this.#callers.get(commandId);
    this.#callers.delete(commandId);
    if ("readiness" in outcome) caller?.resolve(outcome.readiness);
    else caller?.reject(new EdgeProblem(this.#parts.secrets.now.wipedFrom(outcome.problem)));
  }

  // ---- the engine ---------------------------------------------------------------------------------

  /** Compiles the features of the first waiting action. The publication is dropped if the engine fails on them. */
  async #compile(rules: Rules): Promise<void> {
    this.#isCompiling = true;
    const { publication } = this.#actions[0] as Action & { readonly type: "publish" };
    let compiled: Rules | undefined;
    let failure: unknown;
    try {
      const ruleset = this.#parts.compile(Array.from(rules.features(), ({ json }) => json));
      compiled = rules.compiled(ruleset instanceof Promise ? await ruleset : ruleset);
    } catch (error) {
      failure = error;
    }
    this.#isCompiling = false;
    if (this.#isClosed) return;
    if (failure instanceof EngineUnavailable) {
      this.#loadAgainAt = this.now() + this.#loadDelays.next(this.#parts.backoff, Infinity, Math.random);
    } else {
      this.#loadDelays.reset();
      this.#actions.shift();
      if (compiled) this.#parts.repository.publish({ ...publication, rules: compiled });
    }
    this.#showEngine(failure);
    this.#performAll();
    this.#setTimer();
  }

  #showEngine(failure: unknown): void {
    const before = this.#engineProblem;
    const text = failure instanceof Error ? failure.message : String(failure);
    this.#engineProblem = failure === undefined ? undefined : { code: "engine", text };
    if (!before && !this.#engineProblem) return;
    const { repository } = this.#parts;
    repository.setStatus({ ...repository.status, problem: this.#engineProblem ?? this.#sessionProblem });
  }

  // ---- time and delivery ----------------------------------------------------------------------------

  #setTimer(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    if (this.#isClosed) return;
    const times = [this.#parts.session.deadline, this.#loadAgainAt, this.#summaryAt];
    const at = Math.min(...times.map((time) => time ?? Infinity));
    if (at === Infinity) return;
    const delay = Math.min(Math.max(at - this.now(), 0), LONGEST_DELAY);
    this.#timer = this.#parts.platform.setTimer(() => {
      this.#tick();
    }, delay);
  }

  #tick(): void {
    const now = this.now();
    if (this.#loadAgainAt !== undefined && this.#loadAgainAt <= now) this.#loadAgainAt = undefined;
    if (this.#summaryAt !== undefined && this.#summaryAt <= now) this.#deliver();
    this.handle({ type: "tick" });
  }

  #deliver(): void {
    const { repository } = this.#parts;
    repository.deliver();
    const summaryAt = repository.deliverSummaries(this.now());
    if (summaryAt === this.#summaryAt) return;
    this.#summaryAt = summaryAt;
    this.#setTimer();
  }

  /** Performs the last actions, without the publications that wait for the engine, and delivers the last events. */
  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isCompiling = false;
    this.#loadAgainAt = undefined;
    this.#unwatch();
    for (const action of this.#actions.splice(0)) {
      if (action.type !== "publish" || !needsEngine(action.publication.rules)) this.#perform(action);
    }
    this.#parts.repository.close();
    queueMicrotask(() => {
      this.#parts.repository.deliver();
      this.#finish();
    });
  }
}

/** Returns true if the engine has to compile the features before they can be served. */
function needsEngine(rules: Rules): boolean {
  return rules.evaluatedFor === undefined;
}
