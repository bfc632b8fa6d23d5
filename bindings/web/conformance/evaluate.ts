import { loadFull } from "../packages/client/src/engine/load.ts";
import {
  type FullEngineModule,
  PROFILE_NUMBERS,
  type Profile,
} from "../packages/client/src/engine/module.ts";
import { readResults } from "../packages/client/src/engine/results.ts";
import { split } from "../packages/client/src/engine/texts.ts";
import * as json from "../packages/client/src/text/json.ts";
import { Answer } from "../packages/client/src/repository/answer.ts";
import { attributesOf } from "../packages/client/src/repository/attributes.ts";
import type { Feature } from "../packages/client/src/repository/feature.ts";
import { Decimal, Json, type Value } from "../packages/client/src/repository/value.ts";
import { featureOf, received } from "../packages/client/src/session/feature_set/received.ts";
import { Misuse } from "adapter-loop";
import { PLATFORM } from "adapter-platform";
import { CachedReads } from "./cached_reads.ts";
import { permitEngine } from "./engine_watch.ts";
import type { EvaluateCommand, EvaluateRead, ReadAnswer, Step } from "./protocol.ts";
import { checkedKind, messageOf, properties, textOf, valueAnswer, versionOf } from "./values.ts";

/** The parts of the engine's report that an answer repeats. */
interface Report {
  readonly strategies: readonly StrategyReport[];
}

interface StrategyReport {
  readonly id: string | null;
  readonly outcome: string;
  readonly bucket?: number;
  readonly threshold?: number;
  readonly rules: readonly { readonly held: boolean | null }[];
}

/** Evaluates reads of a payload. A read that the engine cannot perform has an error in place of a value. */
export async function evaluate(command: EvaluateCommand): Promise<{ answers: ReadAnswer[] }> {
  const { profile, payload, reads } = command;
  if (profile !== "client" && profile !== "edge") throw new Misuse(`there is no profile ${profile}`);
  for (const read of reads) checkedKind(read.type);
  permitEngine();
  const engine = await loadFull(PLATFORM.fullEngine());
  try {
    using compiled = await Payload.compile(engine, payload, profile);
    return { answers: reads.map((read) => answerOf(compiled, read)) };
  } catch (error) {
    return { answers: reads.map(() => ({ value: null, error: messageOf(error) })) };
  }
}

function answerOf(payload: Payload, read: EvaluateRead): ReadAnswer {
  try {
    return payload.read(read);
  } catch (error) {
    return { value: read.default ?? null, error: messageOf(error) };
  }
}

/** A payload that the full engine has compiled, by itself and as a ruleset with cached answers. */
class Payload {
  readonly #cached: CachedReads;
  readonly #engine: FullEngineModule;
  readonly #ruleset: number;
  readonly #keys: readonly string[];
  readonly #features: ReadonlyMap<string, Feature>;

  private constructor(engine: FullEngineModule, payload: string, profile: Profile, cached: CachedReads) {
    this.#cached = cached;
    this.#engine = engine;
    this.#ruleset = engine.compile_document(payload, PROFILE_NUMBERS[profile], "");
    this.#keys = split(engine.keys(this.#ruleset));
    this.#features = featuresOf(payload);
  }

  static async compile(engine: FullEngineModule, payload: string, profile: Profile): Promise<Payload> {
    return new Payload(engine, payload, profile, await CachedReads.compile(payload, profile));
  }

  read({ feature: key, type, default: other, context, native, now_ms: now }: EvaluateRead): ReadAnswer {
    const position = this.#keys.indexOf(key);
    const feature = this.#features.get(key);
    if (position < 0 || feature === undefined) {
      return { value: other ?? null, text: textOf(other), is_set: false, exists: false, reason: "NOT_FOUND" };
    }
    const handle = this.#context(native ?? context);
    const time = now ?? Date.now();
    const result = this.#engine.evaluate(this.#ruleset, position, handle, time);
    const report = JSON.parse(this.#engine.explain(this.#ruleset, position, handle, time)) as Report;
    this.#engine.free_context(handle);
    const evaluation = readResults(this.#engine, this.#ruleset).of(position).evaluations[result];
    if (evaluation === undefined) throw new Error("the engine has no such result");
    const { value, reason, strategyId } = evaluation;
    const answer = new Answer(feature, value, reason, strategyId);
    const [typed, text] = plain(answer.as(type));
    this.#cached.check(key, type, native ?? context, time, {
      value: typed,
      text,
      reason: answer.reasonAs(type),
    });
    return {
      ...valueAnswer(type, typed, text, other),
      is_set: value !== undefined,
      exists: true,
      locked: feature.isLocked,
      version: versionOf(feature.versionText),
      reason: answer.reasonAs(type),
      properties: properties(feature.properties()),
      // A getter of another type does not evaluate the feature.
      ...(feature.kind === type ? { strategy_id: strategyId ?? null, ...traceOf(report) } : {}),
    };
  }

  [Symbol.dispose](): void {
    this.#engine.free_ruleset(this.#ruleset);
    this.#cached[Symbol.dispose]();
  }

  /** Returns the handle of a context; 0 for no context. */
  #context(context: unknown): number {
    if (context === undefined || context === null) return 0;
    if (typeof context !== "object" || Array.isArray(context)) throw new Error("a context is an object");
    const attributes = attributesOf(Object.entries(context as Record<string, string>));
    const handle = this.#engine.clear_context(0);
    for (const [name, values] of attributes.map)
      for (const value of values) this.#engine.add_attribute(handle, name, value);
    return handle;
  }
}

/** Returns a value as JavaScript's own value, and the text of a number or a document. */
function plain(value: Value | undefined): [value: unknown, text: string | undefined] {
  if (value instanceof Decimal) return [value.number, value.text];
  return value instanceof Json ? [value.text, value.text] : [value, undefined];
}

/** Returns the features of a list of features, or of a list with one environment, by their keys. */
function featuresOf(payload: string): ReadonlyMap<string, Feature> {
  const features = new Map<string, Feature>();
  const add = (text: string): void => {
    const value = json.parse(text);
    const nested = json.isObject(value) && Array.isArray(json.member(value, "features"));
    if (nested || Array.isArray(value)) {
      const list = nested ? json.members(text)?.findLast(([name]) => name === "features")?.[1] : text;
      for (const element of json.elements(list ?? "") ?? []) add(element);
      return;
    }
    const feature = featureOf(received(text, value));
    if (feature !== undefined) features.set(feature.key, feature);
  };
  add(payload.replace(/^\uFEFF/, ""));
  return features;
}

function traceOf({ strategies }: Report): { trace: Step[]; bucket: number | null } {
  const bucket = strategies.findLast((strategy) => strategy.bucket !== undefined)?.bucket;
  return { trace: strategies.map(stepOf), bucket: bucket ?? null };
}

/** Returns the step of a trace in the form of the vectors. */
function stepOf({ id, outcome, bucket, threshold, rules }: StrategyReport): Step {
  const failed = rules.findIndex((rule) => rule.held === false);
  return {
    strategy: id ?? "",
    outcome,
    ...(failed < 0 ? {} : { attribute: failed }),
    ...(bucket === undefined ? {} : { bucket }),
    ...(threshold === undefined ? {} : { threshold }),
  };
}
