import { expect, it } from "vitest";

import { WasmEngine } from "../../src/engine/engine.ts";
import type { EngineModule } from "../../src/engine/module.ts";
import { attributesIn, attributesOf } from "../../src/repository/lib.ts";
import { utf8 } from "../../src/text/text.ts";
import { describeEngine, lean } from "./built.ts";

/** The names of the attributes: two forms of one name, both keys of percentages, a percentage attribute, and those of rules. */
const NAMES = ["userkey", "session", "company", "country", "plan", "na\ufffdme", "na\ud800me"];

function feature(key: string, strategies: readonly object[]): string {
  const numbered = strategies.map((strategy, at) => ({ id: `s${at}`, value: `${at}`, ...strategy }));
  return JSON.stringify({ key, id: key, type: "STRING", value: "none", strategies: numbered });
}

function rule(fieldName: string, ...values: readonly string[]): object {
  return { fieldName, type: "STRING", conditional: "EQUALS", values };
}

/** A feature for each kind of attribute. The attributes of the last features are more than an instance has bits for. */
const FEATURES = [
  feature("RULES", [
    { attributes: [rule("country", "x"), rule("plan", "y")] },
    { attributes: [rule("plan", "z")] },
  ]),
  feature("DEFAULT_KEY", [{ percentage: 300_000 }, { percentage: 300_000 }]),
  feature("PERCENTAGE_ATTRIBUTE", [{ percentage: 500_000, percentageAttributes: ["company"] }]),
  feature("BOTH", [
    { percentage: 500_000, percentageAttributes: ["company", "country"], attributes: [rule("plan", "x")] },
  ]),
  feature("FORMS_OF_A_NAME", [{ attributes: [rule("na\ufffdme", "y")] }]),
  ...Array.from({ length: 30 }, (_, at) => feature(`MANY${at}`, [{ attributes: [rule(`a${at}`, "x")] }])),
  feature("WITHOUT_A_BIT", [{ attributes: [rule("last", "x"), rule("plan", "z")] }]),
];

/** Returns the entries of contexts: each subset of the names, in order and from the last one, with one value, two values, and a repeated name. */
function* drawn(): Generator<readonly (readonly [string, string | string[]])[]> {
  for (let subset = 0; subset < 1 << NAMES.length; subset++) {
    const given = NAMES.filter((_, at) => (subset >> at) & 1);
    const value = (at: number): string => ["x", "y", "z"][(subset + at) % 3] ?? "";
    const one = given.map((name, at) => [name, value(at)] as const);
    yield one;
    yield one.toReversed();
    yield given.map((name, at) => [name, [value(at + 1), value(at)]] as const);
    yield [...one, ...given.map((name, at) => [name, value(at + 1)] as const)];
  }
}

/** Evaluates features with a context of all attributes. */
function expected(module: EngineModule, ruleset: number, entries: ReturnType<typeof attributesOf>): string[] {
  const context = module.clear_context(0);
  for (const [name, values] of entries.map)
    for (const each of values) module.add_attribute(context, name, each);
  const results = FEATURES.map((_, position) => module.evaluate(ruleset, position, context, 0));
  module.free_context(context);
  return results.map((result) => (result === 0 ? "none" : `${result - 1}`));
}

describeEngine("reads of a context", () => {
  it("have the answers for all attributes: the first read, further ones, and those after other contexts", async () => {
    const module = await lean();
    const ruleset = new WasmEngine(module).compile(FEATURES);
    const direct = module.compile(utf8(FEATURES.join("\0")), 0);
    const answers = new Set<string>();
    let turn = 0;
    for (const entries of drawn()) {
      const isObject = turn % 4 < 3;
      const context = isObject ? attributesIn(Object.fromEntries(entries)) : attributesOf(entries);
      const wanted = expected(module, direct, context);
      // Each feature is that of the first read for some contexts.
      const first = turn++ % FEATURES.length;
      const found: unknown[] = [];
      const read = (position: number): void => {
        found[position] = ruleset.evaluate(position, context, () => 0).value;
      };
      const other = attributesIn({ userkey: "other", country: "x", plan: "z", "na\ufffdme": "y", last: "x" });
      read(first);
      expect([entries, found[first]]).toEqual([entries, wanted[first]]);
      for (const isKept of [false, true]) {
        if (isKept) ruleset.evaluate(first, other, () => 0);
        for (let at = 0; at < FEATURES.length; at++) read(at);
        expect([entries, isKept, found]).toEqual([entries, isKept, wanted]);
      }
      answers.add(wanted.slice(0, 5).join());
    }
    module.free_ruleset(direct);
    expect(answers.size).toBeGreaterThan(20);
  });
});
