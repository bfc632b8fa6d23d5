import { compiled } from "../src/engine/compiled_rules.ts";
import { describe, expect, test } from "vitest";

import type { GivenAttributes } from "../src/attributes.ts";
import {
  attributesIn,
  attributesOf,
  type Cause,
  close,
  Decimal,
  type Evaluation,
  ExplainedDetail,
  intercept,
  Json,
  publish,
  Repository,
  RepositoryWatch,
  rulesOf,
  type Ruleset,
  setStatus,
  type UsageEvent,
} from "../src/repository/lib.ts";
import { INITIAL_STATUS } from "../src/repository/status.ts";
import { observe } from "../src/repository/usage/observers.ts";
import { received } from "./sequences/received.ts";

const fred = attributesOf([["userkey", "fred"]]);
const mara = attributesOf([["userkey", "mara"]]);

/** Returns a repository that serves these features as an Edge has evaluated them for a context. */
function serving(features: readonly string[], context: GivenAttributes = fred): Repository {
  const repository = new Repository({ clock: () => 0 });
  serve(repository, features, context, "first");
  setStatus(repository, { ...INITIAL_STATUS, readiness: "READY" });
  return repository;
}

function serve(
  repository: Repository,
  features: readonly string[],
  context: GivenAttributes = fred,
  cause: Cause = "change",
): void {
  const evaluated = { context: context.map, keptFor: undefined, strategies: new Map<string, string>() };
  const rules = rulesOf(features.map(received), { kind: "unknown" }, evaluated);
  publish(repository, { rules, cause });
}

/** An engine that counts its evaluations. The value is the user key and the number of the evaluation. */
class CountingRuleset implements Ruleset {
  evaluations = 0;
  reason: Evaluation["reason"] = "STRATEGY_MATCH";
  readonly #clock: boolean;

  constructor(clock: boolean) {
    this.#clock = clock;
  }

  evaluate(position: number, attributes: GivenAttributes | undefined): Evaluation {
    const value = `${attributes?.map.get("userkey")?.[0] ?? "no context"} ${++this.evaluations} at ${position}`;
    const isError = this.reason === "ERROR";
    return {
      value: isError ? undefined : value,
      strategyId: "s",
      reason: this.reason,
      readsClock: this.#clock,
    };
  }
}

function evaluatedBy(ruleset: Ruleset): Repository {
  const repository = new Repository({ clock: () => 0 });
  const features = ["A", "B"].map((key) => received(`{"key":"${key}","type":"STRING","value":"x"}`));
  const rules = compiled(rulesOf(features, { kind: "unknown" }), ruleset);
  publish(repository, { rules, cause: "first" });
  setStatus(repository, { ...INITIAL_STATUS, readiness: "READY" });
  return repository;
}

describe("answers of the engine", () => {
  test("are kept for each context, feature and generation", () => {
    const ruleset = new CountingRuleset(false);
    const repository = evaluatedBy(ruleset);
    const read = (attributes?: GivenAttributes) => repository.live.read("B", "STRING", attributes);
    expect([read(fred), read(mara), read(), read(fred), read(mara), read()]).toEqual([
      "fred 1 at 1",
      "mara 2 at 1",
      "no context 3 at 1",
      "fred 1 at 1",
      "mara 2 at 1",
      "no context 3 at 1",
    ]);
    setStatus(repository, { ...INITIAL_STATUS, readiness: "READY", requests: 5 });
    repository.live.values(fred);
    expect([read(fred), ruleset.evaluations]).toEqual(["fred 1 at 1", 4]);
    publish(repository, { rules: repository.live.rules, cause: "change" });
    expect(read(fred)).toBe("fred 5 at 1");
  });

  test("are not kept if a rule of the feature reads the clock", () => {
    const repository = evaluatedBy(new CountingRuleset(true));
    const read = () => repository.live.read("A", "STRING", fred);
    expect([read(), read()]).toEqual(["fred 1 at 0", "fred 2 at 0"]);
  });

  test("a feature whose evaluation failed has no value, and the reason says so for a read of a type too", () => {
    const ruleset = new CountingRuleset(false);
    ruleset.reason = "ERROR";
    const snapshot = evaluatedBy(ruleset).live;
    expect(snapshot.read("A", "STRING", fred)).toBeUndefined();
    expect(snapshot.detail("A", fred).reason).toBe("ERROR");
    expect(snapshot.detail("A", fred, "STRING").reason).toBe("ERROR");
  });

  test("a snapshot that is held answers with its own rules, in turn with the present one", () => {
    const repository = evaluatedBy(new CountingRuleset(false));
    const held = repository.live;
    expect(held.read("A", "STRING", fred)).toBe("fred 1 at 0");
    serve(repository, ['{"key":"A","type":"STRING","value":"new"}']);
    for (const evaluation of [2, 3]) {
      expect(repository.live.read("A", "STRING", fred)).toBe("new");
      // The context holds the answers of the snapshot that was read last.
      expect(held.read("A", "STRING", fred)).toBe(`fred ${evaluation} at 0`);
      expect(held.read("A", "STRING", fred)).toBe(`fred ${evaluation} at 0`);
    }
  });
});

describe("JSON", () => {
  const document = '{"key":"J","type":"JSON","value":"{\\"a\\":[{\\"b\\":1}],\\"__proto__\\":{\\"x\\":1}}"}';

  test("is parsed once and frozen with all its parts", () => {
    const repository = serving([document]);
    const first = repository.live.read("J", "JSON", fred)?.parse() as { a: [{ b: number }] };
    expect(repository.live.read("J", "JSON")?.parse()).toBe(first);
    expect([first, first.a, first.a[0]].map(Object.isFrozen)).toEqual([true, true, true]);
    expect(Object.keys(first)).toEqual(["a", "__proto__"]);
    expect(Object.getPrototypeOf(first)).toBe(Object.prototype);
  });

  test("that is broken keeps its text and has no value", () => {
    const json = serving(['{"key":"J","type":"JSON","value":"{broken"}']).live.read("J", "JSON");
    expect([json?.text, json?.parse()]).toEqual(["{broken", undefined]);
  });
});

describe("overrides", () => {
  const features = ["STRING", "NUMBER", "JSON", "BOOLEAN"].map((type) =>
    JSON.stringify({ key: type, type, value: null }),
  );

  test.each([
    [7.5, "7.5", "7.5"],
    [1e21, "1000000000000000000000", "1000000000000000000000"],
    [-0, "-0", "-0"],
    [Number.NaN, "NaN", undefined],
    [Number.POSITIVE_INFINITY, "Infinity", undefined],
  ])("the number %d", (number, text, decimal) => {
    const repository = serving(features);
    intercept(repository, { name: "test", intercept: () => number });
    const snapshot = repository.live;
    expect(snapshot.read("STRING", "STRING")).toBe(text);
    expect(snapshot.read("NUMBER", "NUMBER")?.text).toBe(decimal);
    expect(snapshot.read("BOOLEAN", "BOOLEAN")).toBeUndefined();
    expect(snapshot.read("missing", "NUMBER")?.text).toBe(decimal);
  });

  test("a lone surrogate becomes U+FFFD", () => {
    const repository = serving(features);
    intercept(repository, { name: "test\ud800", intercept: () => "\udc00!" });
    const detail = repository.live.detail("STRING");
    expect([detail.value, detail.interceptor]).toEqual(["\ufffd!", "test\ufffd"]);
  });
});

test("numbers are compared by value, and JSON by text", () => {
  const equal = (left: string, right: string) => Decimal.parse(left)?.equals(Decimal.parse(right)!);
  expect(equal("7.50", "+7.5")).toBe(true);
  expect(equal("0e5", "-0.0")).toBe(true);
  expect(equal("100", "1E2")).toBe(true);
  expect(equal("9007199254740993", "9007199254740992")).toBe(false);
  expect(equal("1e99999999999999999999", "1e88888888888888888888")).toBe(true);
  expect(equal("-1", "1")).toBe(false);
  expect(new Json("[1]").text).not.toBe(new Json("[ 1]").text);
});

test("a task waits for the next update only", async () => {
  const repository = serving([]);
  const watch = new RepositoryWatch(repository.tasks);
  let resumed = 0;
  const waiting = watch.changed().then(() => resumed++);
  await Promise.resolve();
  expect(resumed).toBe(0);
  serve(repository, []);
  serve(repository, []);
  await waiting;
  expect(resumed).toBe(1);
  setStatus(repository, repository.status);
  await watch.changed();
  close(repository);
  await watch.changed();
});

test("an explanation names the interceptor, and why there are no rules", () => {
  const repository = serving(['{"key":"A","type":"STRING","value":"x"}']);
  intercept(repository, { name: "me", intercept: ({ key }) => (key === "A" ? "y" : null) });
  const explain = (from: Repository, key: string, context?: GivenAttributes) =>
    String(new ExplainedDetail(from.live, key, context, () => "the rules"))
      .split("\n")
      .at(-1);
  const overridden = String(new ExplainedDetail(repository.live, "A", fred, () => "the rules"));
  expect(overridden).toBe("A = y: the interceptor me overrides the value\nthe rules");
  expect(explain(repository, "B")).toBe("B: there is no such feature");
  const other = "A: the server evaluates the features for another context";
  expect(explain(serving(['{"key":"A","type":"STRING","value":"x"}']), "A", mara)).toBe(other);
});

test("the members of an object give the same attributes as a list of them", () => {
  const inherited: object = Object.assign(Object.create({ userkey: "inherited" }) as object, { plan: "own" });
  const records: readonly object[] = [
    { userkey: "mara", plan: ["gold", "beta"], age: 41, b: true, none: null, nan: NaN, list: [] },
    { 7: "seven", a: [["nested"], "x"], when: new Date(0), call: () => 1 },
    { "a\ud800": "x", "a\ufffd": "y", "a\udc00": ["z"], b: "\udc00" },
    inherited,
    Object.assign(Object.create(null) as object, { hasOwnProperty: "x", ["__proto__"]: "y" }),
  ];
  for (const record of records as readonly Record<string, string>[]) {
    const ignored: [string[], string[]] = [[], []];
    const attributes = attributesIn(record, (name) => ignored[0].push(name));
    const listed = attributesOf(Object.entries(record), (name) => ignored[1].push(name));
    expect([...attributes.map]).toEqual([...listed.map]);
    expect(ignored[0]).toEqual(ignored[1]);
  }
});

test("repeated evaluations are forgotten in halves, so that at most the given number is remembered", () => {
  const keys = ["A", "B", "C", "D"];
  const repository = serving(keys.map((key) => JSON.stringify({ key, type: "STRING", value: key })));
  const seen: string[] = [];
  const options = { deduplicate: { window: 60, remembered: 2 } };
  const call = (event: UsageEvent) => {
    if (event.kind === "evaluated") seen.push(event.feature.key);
  };
  observe(repository, { dispatch: "inline", observe: call }, options);
  for (const key of ["A", "A", "B", "A", "C", "B", "A", "D", "C", "B"]) repository.live.read(key, "STRING");
  // Each half holds one evaluation: A and B, then B and C, then C and A, then A and D, and so on.
  expect(seen).toEqual(["A", "B", "C", "A", "D", "C", "B"]);
});
