import type { GivenAttributes } from "../../attributes.ts";
import { Answer } from "../answer.ts";
import type { Evaluation } from "../engine.ts";
import { ask, type Chain } from "../intercept/chain.ts";
import { INITIAL_STATUS, type Readiness, type SessionStatus } from "../status.ts";
import { answersFor, NO_RULES, type Rules } from "../rules.ts";
import { type UsedFeature, usedFeature } from "../usage/event.ts";
import type { UsageSink } from "../usage/mod.ts";
import type { Kind, ValueOf } from "../value.ts";
import { type Core, touch } from "./core.ts";
import { type Detail, detailOf } from "./detail.ts";

const NOT_FOUND = new Answer(undefined, undefined, "NOT_FOUND");
const NOT_READY = new Answer(undefined, undefined, "NOT_READY");
const OTHER_CONTEXT = new Answer(undefined, undefined, "OTHER_CONTEXT");

/** The answers of the rules for one context. */
class ContextAnswers {
  readonly cache: AnswerCache;
  /** True if a read with the context may use the features. */
  readonly isFor: boolean;
  /** The first answer and its key, while there is no other: a context of one request often reads one feature. */
  key: string | undefined;
  first: Answer | undefined;
  all: Map<string, Answer> | undefined;

  constructor(cache: AnswerCache, isFor: boolean) {
    this.cache = cache;
    this.isFor = isFor;
  }

  get(key: string): Answer | undefined {
    // Comparing the texts of two keys may take longer than a map.
    return this.all ? this.all.get(key) : key === this.key ? this.first : undefined;
  }

  keep(key: string, answer: Answer): void {
    if (this.first) {
      (this.all ??= new Map([[this.key as string, this.first]])).set(key, answer);
    } else {
      this.key = key;
      this.first = answer;
    }
  }
}

/**
 * An object that snapshots with the same features and contexts share, so that a repeated read evaluates nothing. It holds the answers of reads
 * without a context. The attributes of a context hold those of the snapshot that was read last.
 */
interface AnswerCache {
  answers?: unknown;
}

/** The parts of a snapshot. */
type Parts = Pick<
  RepositorySnapshot,
  "repository" | "rules" | "status" | "chain" | "observers" | "generation" | "hasList" | "answers"
>;

/**
 * The immutable state of a repository's features and of the client's status at one time. Several reads of one snapshot return
 * values of the same state.
 *
 * `attributes` is the context of a read; `undefined` means a read without attributes. With a server-evaluated key, a read without a
 * context returns the served values for whichever context the Edge evaluated, unless the client is `NOT_READY`. A read that no
 * interceptor overrides returns no value, with the reason `OTHER_CONTEXT`, if the values are valid for another context than the
 * context of the read. While the client waits for the features of a new context, the reason is `NOT_READY`.
 *
 * A read counts as one use of the feature, unless its documentation or that of `Observer` says otherwise. Reads of features are
 * also reported to passive polling. Reads never throw.
 */
export class RepositorySnapshot {
  declare readonly repository: Core;
  /** The features of the snapshot. */
  declare readonly rules: Rules;
  /** The status of the client at the time of the snapshot. */
  declare readonly status: SessionStatus;
  /**
   * A number that increases whenever a read may return another value. While the number stays the same, values that were read
   * earlier stay valid. Exceptions are values of features with rules on `now`, and overrides whose change was not reported.
   */
  declare readonly generation: number;
  /** True if a list of features has been published. */
  declare readonly hasList: boolean;
  /** The registered interceptors. */
  declare readonly chain: Chain;
  /** The registered observers; `undefined` if there were none yet. */
  declare readonly observers: UsageSink | undefined;
  declare readonly answers: AnswerCache;

  private constructor(parts: Parts) {
    Object.assign(this, parts);
  }

  /** Creates the snapshot of a repository without features. */
  static empty(repository: Core): RepositorySnapshot {
    return new RepositorySnapshot({
      repository,
      rules: NO_RULES,
      status: INITIAL_STATUS,
      chain: [],
      observers: undefined,
      generation: 0,
      hasList: false,
      answers: {},
    });
  }

  #with(change: Partial<Parts>): RepositorySnapshot {
    // eslint-disable-next-line @typescript-eslint/no-misused-spread -- the parts are the own fields
    return new RepositorySnapshot({ ...this, ...change });
  }

  /** Returns a copy with other features. */
  withRules(rules: Rules, hasList: boolean): RepositorySnapshot {
    return this.#with({ rules, hasList, generation: this.generation + 1, answers: {} });
  }

  /** Returns a copy with another status. */
  withStatus(status: SessionStatus): RepositorySnapshot {
    const next = this.#with({ status });
    const isSame = this.readiness === status.readiness;
    if (isSame && this.#isServed() === next.#isServed()) return next;
    // With a server-evaluated key, reads without a context depend on readiness, so a change of readiness may change values.
    return next.#with({ generation: this.generation + (isSame ? 0 : 1), answers: {} });
  }

  /** Returns a copy with other interceptors. */
  withChain(chain: Chain): RepositorySnapshot {
    return this.#with({ chain, generation: this.generation + 1 });
  }

  /** Returns a copy with other observers. */
  withObservers(observers: UsageSink | undefined): RepositorySnapshot {
    return this.#with({ observers });
  }

  /** The readiness of the client at the time of the snapshot. */
  get readiness(): Readiness {
    return this.status.readiness;
  }

  // ---- evaluating a read --------------------------------------------------------------------------

  /**
   * Returns the value of a feature, from an interceptor or from the rules. Does not count as a use, and is not reported.
   *
   * @param mistake - gets the attributes that the context lacks
   */
  answer(key: string, attributes: GivenAttributes | undefined, mistake?: Core["mistake"]): Answer {
    if (this.chain.length > 0) {
      const said = ask(this.chain, this.repository, key, this.rules.get(key), attributes?.map);
      if (said) return said;
    }
    const { answers: cache } = this;
    const holder: AnswerCache = attributes ?? cache;
    let answers = holder.answers as ContextAnswers | undefined;
    if (answers?.cache !== cache)
      holder.answers = answers = new ContextAnswers(cache, this.isFor(attributes));
    return answers.get(key) ?? this.#evaluate(key, attributes, answers, mistake);
  }

  #evaluate(
    key: string,
    attributes: GivenAttributes | undefined,
    answers: ContextAnswers,
    mistake: Core["mistake"],
  ): Answer {
    if (!answers.isFor) {
      // While the client waits for the features of a new context, it is not ready, also if it serves the former ones meanwhile.
      return this.#isServed() && !this.rules.evaluatedFor?.keptFor ? OTHER_CONTEXT : NOT_READY;
    }
    const feature = this.rules.get(key);
    if (!feature) return this.knowsAllFeatures ? NOT_FOUND : NOT_READY;
    const { evaluatedFor } = this.rules;
    const strategy = evaluatedFor?.strategies.get(key);
    const evaluation: Evaluation =
      evaluatedFor || !feature.ruleset
        ? {
            value: feature.value,
            reason: strategy === undefined ? "STATIC" : "STRATEGY_MATCH",
            strategyId: strategy,
          }
        : feature.ruleset.evaluate(feature.position, attributes, this.repository.clock, mistake);
    const { value, reason, strategyId } = evaluation;
    const last = evaluation.answer as Answer | undefined;
    const answer = last?.feature === feature ? last : new Answer(feature, value, reason, strategyId);
    // A failure of the engine may be over in the next read.
    if (reason !== "ERROR") {
      evaluation.answer = answer;
      if (this.repository.keepsAnswers && !evaluation.readsClock) answers.keep(key, answer);
    }
    return answer;
  }

  /** Returns all features with their values for a context, for a usage event. Features without a value are left out. */
  usedFeatures(attributes: GivenAttributes | undefined): UsedFeature[] {
    const keys = [...this.rules.entries.keys()];
    return keys.flatMap((key) => usedFeature(this.rules, key, this.answer(key, attributes)) ?? []);
  }

  /** True if a list of features has been published and is served, so that an unknown key is no feature. */
  get knowsAllFeatures(): boolean {
    return this.hasList && this.#isServed();
  }

  /** Returns true if the features are served, unless there are none yet. */
  #isServed(): boolean {
    return this.readiness !== "NOT_READY" && !this.status.isWithheld;
  }

  /** Returns true if a read with this context may use the features. */
  isFor(attributes: GivenAttributes | undefined): boolean {
    const { evaluatedFor } = this.rules;
    if (!evaluatedFor) return true;
    return attributes === undefined ? this.#isServed() : answersFor(evaluatedFor, attributes.map);
  }

  // ---- reads --------------------------------------------------------------------------------------

  /** Reads a feature for the user's code, and reports the use to observers. */
  use(key: string, attributes: GivenAttributes | undefined, kind?: Kind): Answer {
    const { mistake } = this.repository;
    touch(this.repository);
    const answer = this.answer(key, attributes, mistake);
    // Reads before the first features are no mistakes, and load no code.
    if (answer !== NOT_READY && answer.as(kind) === undefined) mistake?.(key, answer, kind, this.rules);
    this.observers?.evaluated(this.rules, key, answer, attributes?.map);
    return answer;
  }

  /**
   * Returns the value of a feature of the type `kind`, or the value with which an interceptor overrides the feature. Returns `undefined` if
   * the value is null or has another type, if the feature does not exist, or if the client has no features for this context.
   */
  read<K extends Kind>(key: string, kind: K, attributes?: GivenAttributes): ValueOf[K] | undefined {
    return this.use(key, attributes, kind).as(kind) as ValueOf[K] | undefined;
  }

  /**
   * Returns the value of a feature, with its reason and further data of the feature. If `kind` is given, a feature of another type has no
   * value, with the reason `TYPE_MISMATCH`; a null value of a feature of this type has the reason `NOT_SET`.
   */
  detail(key: string, attributes?: GivenAttributes, kind?: Kind): Detail {
    return detailOf(this, key, this.use(key, attributes, kind), kind);
  }

  // ---- reads that do not count as uses --------------------------------------------------------------

  /** Returns the same as {@link RepositorySnapshot.detail}, but does not count as a use of the feature. */
  peek(key: string, attributes?: GivenAttributes, kind?: Kind): Detail {
    touch(this.repository);
    return detailOf(this, key, this.answer(key, attributes), kind);
  }

  /** Returns true if the feature exists. An override of a missing feature does not change the result. */
  exists(key: string): boolean {
    touch(this.repository);
    return this.rules.entries.has(key);
  }

  /** Returns the keys of all features, in the order of the rules. */
  keys(): string[] {
    touch(this.repository);
    return [...this.rules.entries.keys()];
  }

  /** Returns all features with their values for the context `attributes`, in the order of {@link RepositorySnapshot.keys}. */
  values(attributes?: GivenAttributes): Detail[] {
    return this.keys().map((key) => detailOf(this, key, this.answer(key, attributes)));
  }
}
