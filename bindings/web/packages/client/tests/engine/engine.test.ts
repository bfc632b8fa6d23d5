import { expect, it, vi } from "vitest";

import { NeedsFullEngine, WasmEngine } from "../../src/engine/engine.ts";
import { type EngineModule, NO_RESULT } from "../../src/engine/module.ts";
import type { WasmRuleset } from "../../src/engine/ruleset.ts";
import { split } from "../../src/engine/texts.ts";
import { attributesOf } from "../../src/repository/lib.ts";
import { one } from "../../src/session/feature_set/answer.ts";
import { Environment } from "../../src/session/feature_set/environment.ts";
import { utf8 } from "../../src/text/text.ts";
import { valid } from "../valid.ts";
import { describeEngine, full, lean } from "./built.ts";

const NEVER = (): number => {
  throw new Error("the clock was read");
};

function feature(key: string, rule: string): string {
  return `{"id":"id","key":"${key}","type":"STRING","value":"no","strategies":[{"id":"s","value":"yes","attributes":[${rule}]}]}`;
}

const GOLD = feature("GOLD", '{"fieldName":"plan","type":"STRING","conditional":"EQUALS","values":["gold"]}');
const PATTERN = feature(
  "P",
  '{"fieldName":"plan","type":"STRING","conditional":"REGEX","values":["^go+ld$"]}',
);
const LATE = feature(
  "LATE",
  '{"fieldName":"now","type":"DATETIME","conditional":"GREATER","values":["1970-01-01T00:01:00Z"]}',
);
const STATIC = '{"key":"STATIC","type":"JSON","value":"{\\"a\\":[1]}"}';

const mara = attributesOf([["plan", ["silver", "gold"]]]);
const fred = attributesOf([["plan", "goood"]]);

/**
 * Everything that has handles. The tests replace the instance of a module of which they hold several copies, so a handle that is
 * freed late would be that of another test.
 */
const kept: unknown[] = [];

/** Compiles features with an engine and keeps the ruleset. */
function compile(engine: WasmEngine, features: readonly string[]): WasmRuleset {
  const ruleset = engine.compile(features);
  kept.push(ruleset);
  return ruleset;
}

/** Returns a module that traps in compilations or in evaluations while `traps` returns true, as the engine does after a panic. */
function trapping(module: EngineModule, name: "evaluate" | "compile", traps: () => boolean): EngineModule {
  const trap = (called: "evaluate" | "evaluate_values" | "compile"): object => {
    const call = module[called] as (...numbers: unknown[]) => number;
    return {
      [called]: (...numbers: unknown[]) => {
        if (traps()) throw new WebAssembly.RuntimeError("unreachable");
        return call(...numbers);
      },
    };
  };
  return { ...module, ...trap(name), ...(name === "evaluate" ? trap("evaluate_values") : {}) };
}

describeEngine("the engine", () => {
  it("has the features of the session, in its order, wherever a list has elements without a usable key", async () => {
    const module = await full();
    const unusable = ['{"key":""}', '{"key":5}', '{"key":null}', "{}", "7", '"A"', "[]"];
    const surrogate = '{"key":"\\ud800"}';
    const elements = [
      GOLD,
      ...unusable,
      surrogate,
      STATIC,
      GOLD.replace('"yes"', '"late"'),
      ...unusable,
      LATE,
    ];
    const environment = new Environment("environment");
    environment.list(
      elements.map((json) => valid(one(json))),
      "edge",
      0,
    );
    const features = [...environment.features.values()];
    const texts = utf8(features.map(({ json }) => json).join("\0"));
    const keys = [module.compile(texts, 0), module.compile_document(`[${elements.join(",")}]`, 0, "")];
    const expected = ["\ufffd", "STATIC", "GOLD", "LATE"];
    expect(features.map(({ key }) => key)).toEqual(expected);
    expect(keys.map((ruleset) => split(module.keys(ruleset)))).toEqual([expected, expected]);
  });

  it("matches no text that is too long for the size of a pattern", async () => {
    const rule = '{"fieldName":"text","type":"STRING","conditional":"REGEX","values":["a[b-d]{90}|e+"]}';
    const ruleset = compile(new WasmEngine(await full()), [feature("P", rule)]);
    const evaluate = (length: number): unknown =>
      ruleset.evaluate(0, attributesOf([["text", "e".repeat(length)]]), NEVER).value;
    expect([evaluate(1_000), evaluate(10_000)]).toEqual(["yes", "no"]);
  });

  it("evaluates features by position, and gives the same object for the same result", async () => {
    const ruleset = compile(new WasmEngine(await lean()), [STATIC, GOLD]);
    const yes = ruleset.evaluate(1, mara, NEVER);
    expect(yes).toEqual({ value: "yes", strategyId: "s", reason: "STRATEGY_MATCH" });
    const equal = attributesOf([...mara.map]);
    kept.push(equal);
    expect(ruleset.evaluate(1, equal, NEVER)).toBe(yes);
    const no = ruleset.evaluate(1, fred, NEVER);
    expect(no).toEqual({ value: "no", strategyId: undefined, reason: "DEFAULT" });
    expect(ruleset.evaluate(1, undefined, NEVER)).toBe(no);
    expect(ruleset.evaluate(0, mara, NEVER).reason).toBe("STATIC");
    expect(ruleset.evaluate(0, mara, NEVER)).toBe(ruleset.evaluate(0, undefined, NEVER));
    expect(ruleset.evaluate(2, mara, NEVER).reason).toBe("ERROR");
  });

  it("reads the clock only for features with a rule on now", async () => {
    const ruleset = compile(new WasmEngine(await lean()), [GOLD, LATE]);
    const clocks = [0, 1, 2].map((position) => ruleset.evaluate(position, mara, () => 0).readsClock);
    expect(clocks).toEqual([undefined, true, undefined]);
    expect(ruleset.evaluate(1, mara, () => 60_000).value).toBe("no");
    expect(ruleset.evaluate(1, mara, () => 60_001).value).toBe("yes");
  });

  it("takes the full engine for a regular expression, and for what follows", async () => {
    const leanModule = await lean();
    const loadFull = vi.fn(full);
    const engine = new WasmEngine(leanModule, { loadFull });
    expect(() => engine.compile([GOLD, PATTERN])).toThrow(NeedsFullEngine);
    const before = await engine.compileWithEitherEngine([GOLD]);
    expect(loadFull).not.toHaveBeenCalled();
    const ruleset = await engine.compileWithEitherEngine([GOLD, PATTERN]);
    kept.push(before, ruleset);
    expect(ruleset.evaluate(1, mara, NEVER).value).toBe("yes");
    expect(ruleset.evaluate(1, fred, NEVER).value).toBe("no");
    expect(compile(engine, [PATTERN]).evaluate(0, mara, NEVER).value).toBe("yes");
    expect(before.evaluate(0, mara, NEVER).value).toBe("yes");
    expect(loadFull).toHaveBeenCalledTimes(1);
    await expect(new WasmEngine(leanModule).compileWithEitherEngine([PATTERN])).rejects.toThrow(
      NeedsFullEngine,
    );
  });

  it("answers ERROR for a feature on which it trapped, until the feature's JSON changes", async () => {
    const errors: unknown[] = [];
    let traps = true;
    const module = trapping(await lean(), "evaluate", () => traps);
    const engine = new WasmEngine(module, { onFailure: (error) => errors.push(error) });
    const ruleset = compile(engine, [GOLD, LATE]);
    const expected = { value: undefined, strategyId: undefined, reason: "ERROR" };
    expect(ruleset.evaluate(0, mara, NEVER)).toEqual(expected);
    traps = false;
    expect(errors).toMatchObject([
      { message: "feature GOLD: unreachable", cause: new WebAssembly.RuntimeError("unreachable") },
    ]);
    expect(ruleset.evaluate(0, mara, NEVER)).toEqual(expected);
    // The fresh instance compiles the ruleset again and makes the context again.
    expect(ruleset.evaluate(1, mara, () => 60_001).value).toBe("yes");
    const next = compile(engine, [GOLD, LATE]);
    expect(next.evaluate(0, mara, NEVER)).toEqual(expected);
    const changed = compile(engine, [GOLD.replace('"yes"', '"changed"'), LATE]);
    expect(changed.evaluate(0, mara, NEVER).value).toBe("changed");
    // A feature that was absent meanwhile is evaluated again.
    expect(compile(engine, [GOLD]).evaluate(0, mara, NEVER).value).toBe("yes");
    expect(errors).toHaveLength(1);
  });

  it("replaces the instance if it traps while compiling, and keeps earlier rulesets", async () => {
    const errors: unknown[] = [];
    let traps = false;
    const module = trapping(await lean(), "compile", () => traps);
    const engine = new WasmEngine(module, { onFailure: (error) => errors.push(error) });
    const ruleset = compile(engine, [GOLD]);
    const yes = ruleset.evaluate(0, mara, NEVER);
    traps = true;
    expect(() => engine.compile([LATE])).toThrow("unreachable");
    traps = false;
    expect(errors).toHaveLength(1);
    expect(ruleset.evaluate(0, mara, NEVER)).toBe(yes);
  });

  it("replaces the instance of the real module", async () => {
    const module = await lean();
    const handle = module.compile(utf8(GOLD), 0);
    const context = module.clear_context(0);
    module.add_attribute(context, "plan", "gold");
    expect(module.evaluate(handle, 0, context, 0)).toBe(1);
    module.__wbg_reset_state();
    expect(module.evaluate(handle, 0, context, 0)).toBe(NO_RESULT);
    expect(module.compile(utf8(GOLD), 0)).toBe(1);
  });

  it("frees features once", async () => {
    const module = await lean();
    const freed = vi.fn(module.free_ruleset);
    const ruleset = compile(new WasmEngine({ ...module, free_ruleset: freed }), [GOLD, STATIC]);
    for (const batch of ruleset.places.batches) batch.piece(0)?.free();
    expect(freed).toHaveBeenCalledTimes(1);
    expect(ruleset.evaluate(0, mara, NEVER).reason).toBe("ERROR");
    expect(ruleset.evaluate(1, mara, NEVER).reason).toBe("STATIC");
  });
});
