import type { WasmEngine } from "./engine.ts";
import type { Platform, Timer } from "../platform/platform.ts";
import type { Problem, Rules } from "../repository/lib.ts";
import { Delays } from "../session/delay.ts";
import type { Backoff } from "../session/lib.ts";
import { type EngineSettings, EngineUnavailable, problemOf, textOf } from "./settings.ts";

/** The outcome of an attempt to compile features. */
export interface Compiled {
  /** The compiled features; `undefined` if the engine could not compile them. */
  readonly rules?: Rules;
  /** The reason for the failure, or that for which a feature cannot be evaluated; `undefined` if there is none. */
  readonly problem?: Problem | undefined;
  /** False if another attempt follows, because the engine could not be loaded. */
  readonly isOver: boolean;
}

/** Compiles features, and reports the outcome of each attempt. */
export type Compile = (rules: Rules, report: (compiled: Compiled) => void) => void;

/** The engine of one client, which is loaded when it is first needed. */
export class EngineAccess {
  readonly settings: EngineSettings;
  readonly #platform: Pick<Platform, "setTimer">;
  readonly #backoff: Backoff;
  /** Called in an evaluation on which the engine fails. */
  onReadFailure?: (problem: Problem) => void;
  #engine: Promise<WasmEngine> | undefined;
  /** The features that were compiled last, or wait for the engine. */
  rules: Rules | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  /** The delays of `backoff` are those before the engine is loaded again. */
  constructor(settings: EngineSettings, platform: Pick<Platform, "setTimer">, backoff: Backoff) {
    this.settings = settings;
    this.#platform = platform;
    this.#backoff = backoff;
  }

  /** Begins to load the engine, so that it is there when features arrive. A failure shows when features are compiled. */
  preload(): void {
    this.#load().catch(() => undefined);
  }

  /** {@inheritDoc Compile} */
  readonly compile: Compile = (rules, report) => {
    this.rules = rules;
    const delays = new Delays();
    const attempt = (): void => {
      this.#load()
        .then(async (engine) => {
          await engine.compileRules(rules);
          const { failure } = engine;
          return { rules, problem: failure && problemOf(failure), isOver: true };
        })
        .then(report, (error: unknown) => {
          const isOver = !(error instanceof EngineUnavailable);
          report({ problem: problemOf(error), isOver });
          if (isOver || this.#isClosed) return;
          const delay = delays.next(this.#backoff, Infinity, Math.random);
          this.#timer = this.#platform.setTimer(attempt, delay);
        });
    };
    attempt();
  };

  /** Ends the attempts to load the engine. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
  }

  #load(): Promise<WasmEngine> {
    return (this.#engine ??= import("./start.ts")
      .then(({ startEngine }) => startEngine(this))
      .catch((error: unknown) => {
        this.#engine = undefined;
        throw new EngineUnavailable(textOf(error), { cause: error });
      }));
  }
}
