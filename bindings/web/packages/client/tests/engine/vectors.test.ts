import { expect, it } from "vitest";

import { NeedsFullEngine, WasmEngine } from "../../src/engine/engine.ts";
import { type FullEngineModule, PROFILE_NUMBERS, type Profile } from "../../src/engine/module.ts";
import { readResults } from "../../src/engine/results.ts";
import { split } from "../../src/engine/texts.ts";
import { elements } from "../../src/json.ts";
import type { Evaluation } from "../../src/repository/engine.ts";
import type { Feature } from "../../src/repository/feature.ts";
import { Decimal, Json, type Value } from "../../src/repository/value.ts";
import { list } from "../../src/session/feature_set/answer.ts";
import { Environment } from "../../src/session/feature_set/environment.ts";
import { utf8 } from "../../src/text.ts";
import { describeEngine, full, lean } from "./built.ts";
import { type Answer, type Case, cases, DRAWN } from "./vectors.ts";

const ALL = cases();
/** The least number of cases, with and without those that are drawn. */
const LEAST = DRAWN === undefined ? 1_600 : 3_600;

/** Returns the kind of a feature's value, by the payload; `undefined` for an unknown kind. */
type KindOf = (key: string) => string | undefined;

/** Returns the answer of the typed getter of a case, as the conformance data describes it. */
function answer(one: Case, evaluation: Evaluation | undefined, kindOf: KindOf): Answer {
  const none = { value: one.default, strategy_id: null };
  if (evaluation === undefined) return { ...none, reason: "NOT_FOUND" };
  if (kindOf(one.feature) !== one.type) return { ...none, reason: "TYPE_MISMATCH" };
  const strategy = evaluation.strategyId ?? null;
  if (evaluation.value === undefined) {
    return { value: one.default, strategy_id: strategy, reason: "NOT_SET" };
  }
  if (one.type === "NUMBER" && !(evaluation.value instanceof Decimal)) {
    return { value: one.default, strategy_id: strategy, reason: "TYPE_MISMATCH" };
  }
  return { value: plain(evaluation.value), strategy_id: strategy, reason: evaluation.reason };
}

function plain(value: Value): unknown {
  if (value instanceof Decimal) return value.number;
  return value instanceof Json ? value.text : value;
}

function contextHandle(module: FullEngineModule, context: Case["context"]): number {
  if (context === undefined) return 0;
  const handle = module.clear_context(0);
  for (const [name, values] of context) for (const value of values) module.add_attribute(handle, name, value);
  return handle;
}

/** Evaluates a case with the exports of the full engine. Returns the evaluation and the feature's kind. */
function evaluated(
  module: FullEngineModule,
  one: Case,
  profile: Profile,
): [Evaluation | undefined, string | undefined] {
  const ruleset = module.compile_document(one.payload, PROFILE_NUMBERS[profile], "");
  const context = contextHandle(module, one.context);
  const position = split(module.keys(ruleset)).indexOf(one.feature);
  const result = position < 0 ? undefined : module.evaluate(ruleset, position, context, one.clock);
  const evaluation =
    result === undefined ? undefined : readResults(module, ruleset).of(position).evaluations[result];
  const report = position < 0 ? "{}" : module.explain(ruleset, position, context, one.clock);
  module.free_context(context);
  module.free_ruleset(ruleset);
  const kind = (JSON.parse(report) as { readonly type?: string | null }).type;
  return [evaluation, kind ?? undefined];
}

/** Returns the features that the session holds after a list of the Edge, and the number of the list's elements. */
function sessionFeatures(payload: string): { features: Feature[]; elements: number } {
  const listed = list(payload);
  if (typeof listed === "string") throw new Error(`the session cannot read the payload: ${listed}`);
  const environment = new Environment("environment");
  environment.list(listed.features, "edge", 0);
  return { features: [...environment.features.values()], elements: listed.features.length };
}

/** Elements of lists that are no features, and one whose key is a lone surrogate. */
const UNUSABLE = ['{"key":""}', '{"key":5}', '{"key":null}', "{}", "7", '"A"', "[]", '{"key":"\\ud800"}'];

/** Returns the keys of a ruleset, and frees it. */
function keysOf(module: FullEngineModule, ruleset: number): string[] {
  const keys = module.keys(ruleset);
  module.free_ruleset(ruleset);
  return keys === "" ? [] : split(keys);
}

/**
 * Expects that the engine has the same keys as the session, both for the session's features and for the whole list, which the engine reads by
 * its own rules. Returns the number of elements that are left out.
 */
function expectSameKeys(module: FullEngineModule, payload: string, name: string): number {
  const { features, elements } = sessionFeatures(payload);
  const keys = features.map(({ key }) => key);
  const texts = features.map(({ json }) => json).join("\0");
  expect(keysOf(module, module.compile(utf8(texts), PROFILE_NUMBERS.client)), name).toEqual(keys);
  expect(keysOf(module, module.compile_document(payload, PROFILE_NUMBERS.client, "")), name).toEqual(keys);
  return elements - features.length;
}

describeEngine("the conformance data", () => {
  it("is complete", () => {
    expect(ALL.length).toBeGreaterThan(LEAST);
  });

  it.each(["client", "edge"] as const)(
    "has the answers of the full engine in profile %s",
    async (profile) => {
      const module = await full();
      // One assertion for all cases, because an assertion takes longer than an evaluation.
      const [actual, expected]: [unknown[], unknown[]] = [[], []];
      for (const one of ALL) {
        const wanted = one.expect[profile];
        if (wanted === undefined) continue;
        const [evaluation, kind] = evaluated(module, one, profile);
        const { value, strategy_id, reason } = answer(one, evaluation, () => kind);
        actual.push({ id: one.id, value, strategy_id, reason });
        expected.push({
          id: one.id,
          value: wanted.value,
          strategy_id: wanted.strategy_id,
          reason: wanted.reason,
        });
      }
      expect(actual).toEqual(expected);
      expect(actual.length).toBeGreaterThan(LEAST);
    },
  );

  it("has the answers of the lean engine, which refuses regular expressions and nothing else", async () => {
    const [leanEngine, module] = [new WasmEngine(await lean()), await full()];
    const fullEngine = new WasmEngine(module);
    let refused = 0;
    const [evaluations, answers]: [unknown[], unknown[]] = [[], []];
    for (const one of ALL) {
      const { features } = sessionFeatures(one.payload);
      const texts = features.map(({ json }) => json);
      let ruleset;
      try {
        ruleset = leanEngine.compile(texts);
      } catch (error) {
        expect(error).toBeInstanceOf(NeedsFullEngine);
        expect(one.payload, one.id).toContain("REGEX");
        ruleset = fullEngine.compile(texts);
        refused += 1;
      }
      const [expected] = evaluated(module, one, "client");
      const position = features.findIndex(({ key }) => key === one.feature);
      if (position < 0) continue;
      const now = (): number => one.clock;
      const first = ruleset.evaluate(position, one.context, now);
      evaluations.push({
        id: one.id,
        ...first,
        isKept: ruleset.evaluate(position, one.context, now) === first,
      });
      answers.push({ id: one.id, ...expected, isKept: true });
    }
    expect(evaluations).toEqual(answers);
    expect(evaluations.length).toBeGreaterThan(LEAST - 100);
    expect(refused).toBeGreaterThan(10);
  });

  it("has the same keys in the engine's rulesets as in the session", async () => {
    const module = await full();
    for (const one of ALL) expectSameKeys(module, one.payload, one.id);
    // Features of several payloads have equal keys, of which the last one counts, at its own place.
    let leftOut = 0;
    for (let start = 0; start < ALL.length; start += 20) {
      const lists = ALL.slice(start, start + 20).map(({ payload }) => elements(payload) ?? []);
      const joined = lists.flatMap((features, at) => [...features, UNUSABLE[at % UNUSABLE.length]]);
      leftOut += expectSameKeys(module, `[${joined.join(",")}]`, `payloads from ${start}`);
    }
    expect(leftOut).toBeGreaterThan(3_000);
  });
});
