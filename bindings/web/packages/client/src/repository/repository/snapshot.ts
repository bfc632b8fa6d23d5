import type { Attributes } from "../../attributes.ts";
import { Answer } from "../answer.ts";
import { ask, type Chain } from "../intercept/chain.ts";
import type { Readiness } from "../readiness.ts";
import { answersFor, NO_RULES, type Rules } from "../rules.ts";
import { INITIAL_STATUS, type SessionStatus } from "../status.ts";
import { type UsedFeature, usedFeature } from "../usage/event.ts";
import { Observers } from "../usage/observers.ts";
import { Decimal, Json, type Kind, type Value } from "../value.ts";
import type { Core } from "./core.ts";
import { Detail, ExplainedDetail } from "./detail.ts";
import { ContextValues } from "./values.ts";

const NOT_FOUND = new Answer(undefined, undefined, "NOT_FOUND");
const NOT_READY = new Answer(undefined, undefined, "NOT_READY");

/** The answers of the rules for one context. */
interface ContextAnswers {
  /** True if a read with the context may use the features. */
  readonly isFor: boolean;
  readonly byKey: Map<string, Answer>;
}

/** The answers that snapshots with the same features and contexts share, so that a repeated read evaluates nothing. */
class AnswerCache {
  readonly #byContext = new WeakMap<Attributes, ContextAnswers>();
  #withoutContext: ContextAnswers | undefined;
  #last: Attributes | undefined;
  #lastAnswers: ContextAnswers | undefined;

  of(snapshot: RepositorySnapshot, attributes: Attributes | undefined): ContextAnswers {
    if (attributes === undefined) return (this.#withoutContext ??= newAnswers(snapshot, undefined));
    if (attributes === this.#last && this.#lastAnswers) return this.#lastAnswers;
    let answers = this.#byContext.get(attributes);
    if (!answers) this.#byContext.set(attributes, (answers = newAnswers(snapshot, attributes)));
    this.#last = attributes;
    return (this.#lastAnswers = answers);
  }
}

function newAnswers(snapshot: RepositorySnapshot, attributes: Attributes | undefined): ContextAnswers {
  return { isFor: snapshot.isFor(attributes), byKey: new Map() };
}

/** The parts of a snapshot. */
interface Parts {
  readonly core: Core;
  readonly rules: Rules;
  readonly status: SessionStatus;
  readonly chain: Chain;
  readonly observers: Observers;
  readonly generation: number;
  readonly hasList: boolean;
  readonly answers: AnswerCache;
}

/**
 * The immutable state of a repository's features and of the client's status at one time. Several reads of one snapshot return
 * values of the same state (D-83).
 *
 * `attributes` is the context of a read; `undefined` means a read without attributes. With a server-evaluated key, a read without a
 * context returns the served values for whichever context the Edge evaluated, unless the client is `NOT_READY`. A read that no
 * interceptor overrides returns no value, with the reason `NOT_READY`, if the values are valid for another context than the
 * context of the read (D-62).
 *
 * A read counts as one use of the feature, unless its documentation or that of `Observer` says otherwise. Reads of features are
 * also reported to passive polling (D-71). Reads never throw.
 */
export class RepositorySnapshot {
  /** The features of the snapshot. */
  readonly rules: Rules;
  /** The status of the client at the time of the snapshot. */
  readonly status: SessionStatus;
  /**
   * A number that increases whenever a read may return another value. While the number stays the same, values that were read
   * earlier stay valid. Exceptions are values of features with rules on `now`, and overrides whose change was not reported.
   */
  readonly generation: number;
  /** True if a list of features has been published. */
  readonly hasList: boolean;
  /** The registered interceptors. */
  readonly chain: Chain;
  /** The registered observers. */
  readonly observers: Observers;
  readonly #core: Core;
  readonly #answers: AnswerCache;

  private constructor(parts: Parts) {
    this.rules = parts.rules;
    this.status = parts.status;
    this.chain = parts.chain;
    this.observers = parts.observers;
    this.generation = parts.generation;
    this.hasList = parts.hasList;
    this.#core = parts.core;
    this.#answers = parts.answers;
  }

  /** Creates the snapshot of a repository without features. */
  static empty(core: Core): RepositorySnapshot {
    return new RepositorySnapshot({
      core,
      rules: NO_RULES,
      status: INITIAL_STATUS,
      chain: [],
      observers: new Observers(),
      generation: 0,
      hasList: false,
      answers: new AnswerCache(),
    });
  }

  #with(change: Partial<Parts>): RepositorySnapshot {
    return new RepositorySnapshot({
      core: this.#core,
      rules: this.rules,
      status: this.status,
      chain: this.chain,
      observers: this.observers,
      generation: this.generation,
      hasList: this.hasList,
      answers: this.#answers,
      ...change,
    });
  }

  /** Returns a copy with other features. */
  withRules(rules: Rules, hasList: boolean): RepositorySnapshot {
    return this.#with({ rules, hasList, generation: this.generation + 1, answers: new AnswerCache() });
  }

  /** Returns a copy with another status. */
  withStatus(status: SessionStatus): RepositorySnapshot {
    const next = this.#with({ status });
    const isSame = this.readiness === status.readiness;
    if (isSame && this.#isServed() === next.#isServed()) return next;
    // With a server-evaluated key, reads without a context depend on readiness, so a change of readiness may change values.
    return next.#with({ generation: this.generation + (isSame ? 0 : 1), answers: new AnswerCache() });
  }

  /** Returns a copy with other interceptors. */
  withChain(chain: Chain): RepositorySnapshot {
    return this.#with({ chain, generation: this.generation + 1 });
  }

  /** Returns a copy with other observers. */
  withObservers(observers: Observers): RepositorySnapshot {
    return this.#with({ observers });
  }

  /** The readiness of the client at the time of the snapshot. */
  get readiness(): Readiness {
    return this.status.readiness;
  }

  // ---- evaluating a read --------------------------------------------------------------------------

  /** Returns the value of a feature, from an interceptor or from the rules. Does not count as a use, and is not reported. */
  answer(key: string, attributes: Attributes | undefined): Answer {
    if (this.chain.length > 0) {
      const said = ask(this.chain, this.#core, key, this.rules.get(key), attributes);
      if (said) return said;
    }
    const { isFor, byKey } = this.#answers.of(this, attributes);
    return byKey.get(key) ?? this.#evaluate(key, attributes, isFor, byKey);
  }

  #evaluate(
    key: string,
    attributes: Attributes | undefined,
    isFor: boolean,
    kept: Map<string, Answer>,
  ): Answer {
    if (!isFor) return NOT_READY;
    const entry = this.rules.entries.get(key);
    if (!entry) return this.#knowsAllFeatures() ? NOT_FOUND : NOT_READY;
    const { feature, ruleset, position } = entry;
    let answer: Answer;
    if (ruleset) {
      const { value, reason, strategyId } = ruleset.evaluate(
        position,
        attributes,
        this.#core.dispatcher.clock,
      );
      answer = new Answer(feature, value, reason, strategyId);
    } else {
      const strategyId = this.rules.evaluatedFor?.strategies.get(key);
      const reason = strategyId === undefined ? "STATIC" : "STRATEGY_MATCH";
      answer = new Answer(feature, feature.value, reason, strategyId);
    }
    if (this.#core.keepsAnswers && !ruleset?.readsClock(position)) kept.set(key, answer);
    return answer;
  }

  /** Returns all features with their values for a context, for a usage event. Features without a value are left out. */
  usedFeatures(attributes: Attributes | undefined): UsedFeature[] {
    const keys = [...this.rules.entries.keys()];
    return keys.flatMap((key) => usedFeature(this.rules, key, this.answer(key, attributes)) ?? []);
  }

  /** Returns true if a list of features has been published and is served, so that an unknown key is no feature. */
  #knowsAllFeatures(): boolean {
    return this.hasList && this.#isServed();
  }

  /** Returns true if the features are served, unless there are none yet. */
  #isServed(): boolean {
    return this.readiness !== "NOT_READY" && !this.status.isWithheld;
  }

  /** Returns true if a read with this context may use the features. */
  isFor(attributes: Attributes | undefined): boolean {
    const { evaluatedFor } = this.rules;
    if (!evaluatedFor) return true;
    return attributes === undefined ? this.#isServed() : answersFor(evaluatedFor, attributes);
  }

  /** Reads a feature for the user's code, and reports the use to observers. */
  #used(key: string, attributes: Attributes | undefined): Answer {
    this.#core.touch();
    const answer = this.answer(key, attributes);
    this.observers.evaluated(this.rules, this.#core.dispatcher, key, answer, attributes);
    return answer;
  }

  // ---- reads --------------------------------------------------------------------------------------

  /** Returns true if {@link RepositorySnapshot.boolean} returns true. */
  isEnabled(key: string, attributes?: Attributes): boolean {
    return this.boolean(key, attributes) === true;
  }

  /**
   * Returns the value of a BOOLEAN feature, or the value with which an interceptor overrides the feature. Returns `undefined` if the
   * value is null or has another type, if the feature does not exist, or if the client has no features for this context.
   */
  boolean(key: string, attributes?: Attributes): boolean | undefined {
    return this.#used(key, attributes).as("BOOLEAN") as boolean | undefined;
  }

  /** Returns the value of a STRING feature; see {@link RepositorySnapshot.boolean}. */
  string(key: string, attributes?: Attributes): string | undefined {
    return this.#used(key, attributes).as("STRING") as string | undefined;
  }

  /**
   * Returns the value of a NUMBER feature as the nearest double, which is infinite beyond the range of doubles; see
   * {@link RepositorySnapshot.boolean}.
   */
  number(key: string, attributes?: Attributes): number | undefined {
    return this.decimal(key, attributes)?.number;
  }

  /** Returns the value of a NUMBER feature with its decimal text; see {@link RepositorySnapshot.boolean}. */
  decimal(key: string, attributes?: Attributes): Decimal | undefined {
    return this.#used(key, attributes).as("NUMBER") as Decimal | undefined;
  }

  /** Returns the text of a JSON feature, which parses it on demand; see {@link RepositorySnapshot.boolean}. */
  json(key: string, attributes?: Attributes): Json | undefined {
    return this.#used(key, attributes).as("JSON") as Json | undefined;
  }

  /** Returns the value of a feature of any type; see {@link RepositorySnapshot.boolean}. */
  value(key: string, attributes?: Attributes): Value | undefined {
    return this.#used(key, attributes).value;
  }

  /** Returns the value of a feature, with its reason and further data of the feature. */
  detail(key: string, attributes?: Attributes): Detail {
    return new Detail(this, key, this.#used(key, attributes));
  }

  /**
   * Reads a feature as the type `kind`, and returns the same data as {@link RepositorySnapshot.detail}. A feature of another type
   * has no value, with the reason `TYPE_MISMATCH`. A null value of a feature of this type has the reason `NOT_SET`.
   */
  detailAs(key: string, attributes: Attributes | undefined, kind: Kind): Detail {
    return new Detail(this, key, this.#used(key, attributes), kind);
  }

  // ---- reads that do not count as uses --------------------------------------------------------------

  /**
   * Returns the same as {@link RepositorySnapshot.detail}, or as {@link RepositorySnapshot.detailAs} for a type, but does not count as a
   * use of the feature.
   */
  peek(key: string, attributes?: Attributes, kind?: Kind): Detail {
    this.#core.touch();
    return new Detail(this, key, this.answer(key, attributes), kind);
  }

  /** Returns true if a read has a value that is not null, after overrides and strategies were applied (sdk-behaviour 2.4). */
  isSet(key: string, attributes?: Attributes): boolean {
    this.#core.touch();
    return this.answer(key, attributes).value !== undefined;
  }

  /** Returns true if the feature exists. An override of a missing feature does not change the result. */
  exists(key: string): boolean {
    this.#core.touch();
    return this.rules.entries.has(key);
  }

  /** Returns the keys of all features, in the order of the rules. */
  keys(): string[] {
    this.#core.touch();
    return [...this.rules.entries.keys()];
  }

  /** Returns all features with their values for the context `attributes`, in the order of {@link RepositorySnapshot.keys}. */
  values(attributes?: Attributes): ContextValues {
    this.#core.touch();
    return new ContextValues(this, this.#core.dispatcher.clock(), attributes);
  }

  /**
   * Returns the value of a feature and the steps of its evaluation.
   *
   * @param rules - returns the engine's explanation of the feature as a text. Not called for a feature that does not exist, or if
   *   the client has no features for the context.
   */
  explain(key: string, attributes: Attributes | undefined, rules: () => string): ExplainedDetail {
    const detail = this.peek(key, attributes);
    const isFor = this.isFor(attributes);
    const text = isFor && this.rules.entries.has(key) ? rules() : undefined;
    return new ExplainedDetail(detail, text, isFor && this.#knowsAllFeatures());
  }
}
