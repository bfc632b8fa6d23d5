import { compiled } from "../../src/engine/compiled_rules.ts";
import type { GivenAttributes } from "../../src/attributes.ts";
import type { Engine } from "../../src/repository/engine.ts";
import {
  attributesOf,
  bootstrapOf,
  close,
  contextValues,
  Decimal,
  deliver,
  type Dispatch,
  type Environments,
  forEachValue,
  held,
  intercept,
  type Interceptor,
  Json,
  type Kind,
  listen,
  type LockPolicy,
  type Notice,
  type Observer,
  onChange,
  onNewState,
  onReadiness,
  onStatus,
  type Override,
  type OverrideChanges,
  overridesChanged,
  type Problem,
  type Publication,
  publish,
  queue,
  type RawKind,
  type Readiness,
  release,
  releaseOnly,
  Repository,
  type RepositorySnapshot,
  revoke,
  rulesOf,
  setStatus,
  type SessionStatus,
  setWaker,
  type Source,
  type Subscription,
  writeBootstrap,
} from "../../src/repository/lib.ts";
import { report } from "../../src/repository/serving/mistakes.ts";
import { POLLING, STREAMING } from "../../src/repository/source.ts";
import { countListeners } from "../../src/repository/serving/mod.ts";
import { type Connection, INITIAL_STATUS } from "../../src/repository/status.ts";
import { observe } from "../../src/repository/usage/observers.ts";
import { received, staticEngine } from "./received.ts";
import * as shown from "./shown.ts";

/** A sequence, as `fh-client/repository/tests/sequences` writes it. */
export interface Sequence {
  readonly name: string;
  readonly contexts: readonly (readonly [string, readonly string[]])[][];
  /** True if features have rules, which need the built engine. */
  readonly hasRules: boolean;
  readonly events: number;
  readonly steps: readonly Taken[];
}

interface Taken {
  readonly step: Step;
  readonly gives: unknown;
  readonly log: unknown;
  readonly after: unknown;
}

/** The members of all steps. A step has those that its `do` needs. */
interface Step {
  readonly do: string;
  readonly what: string;
  readonly number: number;
  readonly key: string;
  readonly context: number | null;
  readonly kind: string;
  readonly snapshot?: number;
  readonly by: number;
  readonly cause: Publication["cause"];
  readonly features: readonly string[];
  readonly environments: null | string | readonly (readonly [string, string])[];
  readonly evaluated: {
    readonly context: number;
    readonly keptFor: number | null;
    readonly strategies: readonly (readonly [string, string])[];
  } | null;
  readonly readiness: Readiness;
  readonly connection: number;
  readonly problem: Problem | null;
  readonly source: Source | string | null;
  readonly isStale: boolean;
  readonly isWithheld: boolean;
  readonly requests: number;
  readonly now: number;
  readonly limit: number;
  readonly does: Step | string | null;
  readonly name: string;
  readonly locks: LockPolicy;
  readonly answers: readonly (readonly [string, TestAnswer])[];
  readonly answer: TestAnswer;
  readonly notify: string;
  readonly dispatch: Dispatch | "throws";
  readonly queue: number;
  readonly oneOf: number;
  readonly deduplicate: { readonly window: number; readonly remembered: number } | null;
  readonly keys: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly at: number;
  readonly notice: Notice;
  readonly environment: string | null;
  readonly json: string;
}

/** What an interceptor does for one key. */
type TestAnswer =
  | { readonly value: null | boolean | readonly ["n" | "t" | "j", string] }
  | { readonly throw: true }
  | { readonly read: string }
  | { readonly continue: true };

/** 2024-02-29T00:00:00Z, when every sequence begins. */
const BEGIN = 1_709_164_800_000;

const CONNECTIONS: readonly Connection[] = [
  ...(["idle", "connecting", "streaming", "resting", "waiting", "paused"] as const),
  ...(["done", "halted", "suspended", "offline", "closed"] as const),
];

/** What the reads of a sequence return. */
const READS: Readonly<
  Record<
    string,
    (of: RepositorySnapshot, key: string, context: GivenAttributes | undefined, kind: Kind) => unknown
  >
> = {
  isEnabled: (of, key, context) => of.read(key, "BOOLEAN", context) === true,
  boolean: (of, key, context) => of.read(key, "BOOLEAN", context),
  string: (of, key, context) => of.read(key, "STRING", context),
  number: (of, key, context) => shown.double(of.read(key, "NUMBER", context)?.number),
  decimal: (of, key, context) => of.read(key, "NUMBER", context)?.text,
  json: (of, key, context) => of.read(key, "JSON", context)?.text,
  isSet: (of, key, context) => of.peek(key, context).value !== undefined,
  exists: (of, key) => of.exists(key),
  keys: (of) => of.keys(),
  value: (of, key, context) => shown.value(of.use(key, context).value),
  detail: (of, key, context) => shown.detail(of.detail(key, context)),
  detailAs: (of, key, context, kind) => shown.detail(of.detail(key, context, kind)),
  peek: (of, key, context) => shown.detail(of.peek(key, context)),
  values: (of, _key, context) => Array.from(of.values(context), shown.detail),
  bootstrap: (of, _key, context) => writeBootstrap(bootstrapOf(contextValues(of, context))),
  eachValue: (of, _key, context) => {
    const values: unknown[] = [];
    forEachValue(of, context, (each, value) => values.push([each, shown.value(value)]));
    return values;
  },
};

/** A repository whose steps are recorded. */
export class World {
  readonly #repository: Repository;
  readonly #engine: Engine;
  readonly #contexts: GivenAttributes[];
  readonly #snapshots = new Map<number, RepositorySnapshot>();
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #interceptors = new Map<number, TestInterceptor>();
  #now = BEGIN;
  #log: unknown[] = [];

  constructor(sequence: Sequence, keepsAnswers: boolean, engine: Engine = staticEngine) {
    this.#engine = engine;
    this.#repository = new Repository({ clock: () => this.#now, events: sequence.events, keepsAnswers });
    this.#repository.mistake = (...mistake) => {
      report(this.#repository, mistake);
    };
    this.#contexts = sequence.contexts.map((entries) => attributesOf(entries));
  }

  /** Takes a step, and returns its result, the events, and the state afterwards. */
  step(step: Step): Omit<Taken, "step"> {
    const gives = this.run(step) ?? null;
    const log = this.#log;
    this.#log = [];
    const { live, isCatching, isHolding } = this.#repository;
    return { gives, log, after: [live.generation, live.readiness, isCatching, isHolding] };
  }

  note(what: unknown): void {
    this.#log.push(what);
  }

  /** Takes a step, and returns its result. */
  run(step: Step): unknown {
    const repository = this.#repository;
    switch (step.do) {
      case "begin":
        setWaker(repository, () => {
          this.note(["work"]);
        });
        repository.onTouch = () => {
          this.note(["touch"]);
        };
        repository.log = (notice) => {
          this.note(["logged", shown.notice(notice)]);
        };
        return;
      case "clock":
        this.#now += step.by;
        return;
      case "publish":
        publish(repository, this.#publication(step));
        return;
      case "revoke":
        revoke(repository, step.environments as unknown as readonly string[]);
        return;
      case "status": {
        const status: SessionStatus = {
          ...INITIAL_STATUS,
          readiness: step.readiness,
          connection: CONNECTIONS[step.connection]!,
          problem: step.problem ?? undefined,
          source: (step.source as Source | null) ?? undefined,
          isStale: step.isStale,
          isWithheld: step.isWithheld,
          requests: step.requests,
        };
        setStatus(repository, status);
        return shown.status(status);
      }
      case "read":
        return this.#read(this.#snapshots.get(step.snapshot ?? 0) ?? repository.live, step);
      case "hold":
        this.#snapshots.set(step.number, repository.live);
        return;
      case "deliver":
        deliver(repository);
        return;
      case "deliverSummaries":
        return repository.live.observers?.summaries(step.now);
      case "flush":
        deliver(repository);
        repository.live.observers?.flush(step.limit / 1000);
        return;
      case "onChange":
      case "listen":
      case "intercept":
      case "observe":
        this.#subscriptions.set(step.number, this.#subscribe(step));
        return;
      case "unsubscribe": {
        const subscription = this.#subscriptions.get(step.number);
        this.#subscriptions.delete(step.number);
        subscription?.unsubscribe();
        return;
      }
      case "override":
        this.#setOverride(step);
        return;
      case "catch":
        repository.isCatching = true;
        return;
      case "stopCatching":
        release(repository, false);
        return;
      case "release":
        release(repository, true);
        return;
      case "releaseOnly":
        releaseOnly(repository, step.keys);
        return;
      case "record":
        this.#record(step);
        return;
      case "reportReads":
        repository.reportsReads = true;
        return;
      case "contact":
        repository.contact = step.at;
        return;
      case "raw":
        queue(repository, {
          kind: "raw",
          of: {
            source: step.source === "polling" ? POLLING : STREAMING,
            environment: step.environment ?? undefined,
            kind: step.kind as RawKind,
            json: step.json,
          },
        });
        return;
      case "notice":
        queue(repository, { kind: "notice", of: step.notice });
        return shown.notice(step.notice);
      case "close":
        close(repository);
        return;
      case "state":
        return this.#state(step.what);
      default:
        throw new Error(`no such step: ${step.do}`);
    }
  }

  #record({ name, params, context }: Step): void {
    const { live } = this.#repository;
    const attributes = this.#context(context);
    live.observers?.named(name, params, attributes?.map, () => live.usedFeatures(attributes));
  }

  #context(number: number | null): GivenAttributes | undefined {
    return number === null ? undefined : this.#contexts[number]!;
  }

  #publication({ cause, features, environments, evaluated }: Step): Publication {
    const list = features.map(received);
    const ids: Environments =
      environments === null
        ? { kind: "unknown" }
        : typeof environments === "string"
          ? { kind: "one", id: environments }
          : { kind: "several", byKey: new Map(environments) };
    if (evaluated) {
      const [context, keptFor] = [
        this.#contexts[evaluated.context]!.map,
        this.#context(evaluated.keptFor)?.map,
      ];
      const strategies = new Map(evaluated.strategies);
      return { rules: rulesOf(list, ids, { context, keptFor, strategies }), cause };
    }
    return { rules: compiled(rulesOf(list, ids), this.#engine.compile(features)), cause };
  }

  #read(snapshot: RepositorySnapshot, step: Step): unknown {
    const read = READS[step.what];
    if (!read) throw new Error(`no such read: ${step.what}`);
    return read(snapshot, step.key, this.#context(step.context), step.kind as Kind);
  }

  #subscribe(step: Step): Subscription {
    const repository = this.#repository;
    if (step.do === "intercept") {
      const interceptor = new TestInterceptor(this, repository, step);
      this.#interceptors.set(step.number, interceptor);
      return intercept(repository, interceptor, step.locks);
    }
    const called = this.#reaction(step);
    if (step.do === "observe") {
      const { deduplicate } = step;
      return observe(repository, observer(step.dispatch, called), {
        queue: step.queue,
        oneOf: step.oneOf,
        ...(deduplicate && { deduplicate: { ...deduplicate, window: deduplicate.window / 1000 } }),
      });
    }
    if (step.do === "onChange") {
      return onChange(repository, step.key, this.#context(step.context), (change) => {
        called("change", shown.change(change));
      });
    }
    switch (step.what) {
      case "newState":
        return onNewState(repository, ({ isHeld, keys }) => {
          called("newState", [isHeld, keys]);
        });
      case "readiness":
        return onReadiness(repository, ({ readiness, isFirst, status }) => {
          called("readiness", [readiness, isFirst, shown.status(status)]);
        });
      case "status":
        return onStatus(repository, (status) => {
          called("status", shown.status(status));
        });
      case "raw":
        return listen(repository, "raw", (update) => {
          called("raw", shown.raw(update));
        });
      default:
        return listen(repository, "notice", (notice) => {
          called("notice", shown.notice(notice));
        });
    }
  }

  /** Returns the function that records a call of a listener or an observer, and does what the sequence says. */
  #reaction({ number, does }: Step): (what: string, event: unknown) => void {
    return (what, event) => {
      this.note([what, number, event]);
      if (typeof does === "string") throw new Error("planned");
      const step = does;
      does = null;
      if (step) this.note(["did", number, this.run(step) ?? null]);
    };
  }

  #setOverride({ number, key, answer, notify }: Step): void {
    const interceptor = this.#interceptors.get(number);
    interceptor?.answers.set(key, answer);
    if (notify === "handle") interceptor?.changes?.notify();
    if (notify === "repository") overridesChanged(this.#repository);
  }

  #state(what: string): unknown {
    const repository = this.#repository;
    switch (what) {
      case "counters":
        return { ...repository.counters };
      case "listeners":
        return countListeners(repository);
      case "held":
        return held(repository) ?? [];
      case "latest":
        return Array.from((repository.latest ?? repository.live.rules).features(), ({ json }) => json);
      case "status":
        return shown.status(repository.status);
      default:
        return repository.contact;
    }
  }
}

/** An interceptor with an answer for each key. */
class TestInterceptor implements Interceptor {
  readonly answers: Map<string, TestAnswer>;
  changes: OverrideChanges | undefined;
  readonly #world: World;
  readonly #repository: Repository;
  readonly #name: string;
  readonly #number: number;

  constructor(world: World, repository: Repository, { name, number, answers }: Step) {
    this.#world = world;
    this.#repository = repository;
    this.#name = name;
    this.#number = number;
    this.answers = new Map(answers);
  }

  get name(): string {
    if (this.#name === "throws") throw new Error("planned");
    return this.#name;
  }

  intercept({ key }: { readonly key: string }): Override {
    const answer = this.answers.get(key) ?? { continue: true };
    if ("throw" in answer) throw new Error("planned");
    if ("read" in answer) return this.#repository.live.read(answer.read, "STRING");
    if (!("value" in answer) || answer.value === null || typeof answer.value === "boolean") {
      return "value" in answer ? (answer.value as boolean | null) : undefined;
    }
    const [kind, text] = answer.value;
    return kind === "t" ? text : kind === "n" ? Decimal.parse(text) : new Json(text);
  }

  registered(changes: OverrideChanges): void {
    this.changes = changes;
  }

  close(): void {
    this.#world.note(["interceptorClosed", this.#number, null]);
    if (this.#name === "throws") throw new Error("planned");
  }
}

/** Returns an observer that records its calls. */
function observer(dispatch: Dispatch | "throws", called: (what: string, event: unknown) => void): Observer {
  return {
    get dispatch(): Dispatch {
      if (dispatch === "throws") throw new Error("planned");
      return typeof dispatch === "string" ? dispatch : { ...dispatch, every: (dispatch.every ?? 0) / 1000 };
    },
    observe: (event) => {
      called("observe", shown.event(event));
    },
    observeBatch: (events) => {
      called("observeBatch", events.map(shown.event));
    },
    summary: (summary) => {
      called("summary", shown.summary(summary));
    },
    flush: (limit) => {
      called("flush", limit * 1000);
    },
    close: () => {
      called("observerClosed", null);
    },
  };
}
