import { expect, it, vi } from "vitest";

import { type EngineOptions, NeedsFullEngine, WasmEngine } from "../../src/engine/engine.ts";
import type { EngineModule } from "../../src/engine/module.ts";
import type { WasmRuleset } from "../../src/engine/ruleset.ts";
import { attributesOf } from "../../src/repository/lib.ts";
import { fromUtf8Lossy } from "../../src/text/text.ts";
import { describeEngine, lean } from "./built.ts";

const mara = attributesOf([["userkey", "mara"]]);
const now = (): number => 0;
/** The engines and rulesets of all tests, because an instance that is collected late would free handles of another test. */
const kept: unknown[] = [];

/** The JSON of a feature whose value for mara is `value`. */
function feature(key: string, value: number | string): string {
  const rule = '{"fieldName":"userkey","type":"STRING","conditional":"EQUALS","values":["mara"]}';
  return `{"key":"${key}","type":"STRING","value":"no","strategies":[{"value":"${value}","attributes":[${rule}]}]}`;
}

/** The values for mara, in the order of the features. */
function values(ruleset: WasmRuleset): unknown[] {
  return ruleset.texts.map((_, position) => ruleset.evaluate(position, mara, now).value);
}

/** Returns an engine, and the number of features that each of its compilations had. */
async function counting(
  module?: EngineModule,
  options?: EngineOptions,
): Promise<{ engine: WasmEngine; compiled: number[] }> {
  const counted = module ?? (await lean());
  const compiled: number[] = [];
  const counts = {
    ...counted,
    compile: (texts: Uint8Array, profile: number) => {
      compiled.push(fromUtf8Lossy(texts).split("\0").length);
      return counted.compile(texts, profile);
    },
  };
  const engine = new WasmEngine(counts, options);
  kept.push(engine);
  return { engine, compiled };
}

describeEngine("a ruleset that follows another", () => {
  it("shares the features that did not change, wherever they are", async () => {
    const { engine, compiled } = await counting();
    const [a, b, c] = [feature("A", 1), feature("B", 2), feature("C", 3)];
    const first = engine.compile([a, b, c]);
    const changed = engine.compile([a, feature("B", 20), c]);
    const moved = engine.compile([c, feature("D", 4), a]);
    kept.push(first, changed, moved, engine.compile([c, a]));
    expect(compiled).toEqual([3, 1, 1]);
    expect([values(first), values(changed), values(moved)]).toEqual([
      ["1", "2", "3"],
      ["1", "20", "3"],
      ["3", "4", "1"],
    ]);
    expect(moved.places.batch(2)).toBe(first.places.batch(0));
  });

  it("frees the features that no state has any more, and compiles them again for an earlier state that is read", async () => {
    const module = await lean();
    const rulesets = new Set<number>();
    const { engine, compiled } = await counting({
      ...module,
      compile: (texts, profile) => {
        const handle = module.compile(texts, profile);
        rulesets.add(handle);
        return handle;
      },
      free_ruleset: (handle) => {
        rulesets.delete(handle);
        module.free_ruleset(handle);
      },
    });
    const [a, b] = [feature("A", 1), feature("B", 2)];
    const first = engine.compile([a, b]);
    const second = engine.compile([a, feature("B", 20)]);
    kept.push(first, second);
    expect([rulesets.size, compiled.length]).toEqual([2, 2]);
    for (let change = 0; change < 100; change++) {
      const ruleset = engine.compile([feature("A", change), b]);
      kept.push(ruleset);
      expect(values(ruleset)).toEqual([`${change}`, "2"]);
      expect(rulesets.size).toBeLessThanOrEqual(2);
    }
    expect(values(first)).toEqual(["1", "2"]);
    expect(values(second)).toEqual(["1", "20"]);
  });

  it("compiles nothing for no features", async () => {
    const { engine, compiled } = await counting();
    expect(values(engine.compile([]))).toEqual([]);
    expect(compiled).toEqual([]);
  });

  it("holds few features that it does not need, in few batches, and seldom compiles many", async () => {
    const { engine, compiled } = await counting();
    const size = 100;
    const texts = Array.from({ length: size }, (_, position) => feature(`F${position}`, 0));
    const expected = texts.map(() => "0");
    kept.push(engine.compile([...texts]));
    for (let change = 1; change <= 500; change++) {
      // A prime step visits all features. Each tenth change is one of 60 features.
      for (let one = 0; one < (change % 10 === 0 ? 60 : 1); one++) {
        const position = ((change + one) * 37) % size;
        texts[position] = feature(`F${position}`, change);
        expected[position] = `${change}`;
      }
      const ruleset = engine.compile([...texts]);
      kept.push(ruleset);
      expect(values(ruleset)).toEqual(expected);
      const held = ruleset.places.batches.map(({ count }) => count);
      expect(held.length).toBeLessThanOrEqual(16);
      // A limit for those that are reused, beside which the changed features are compiled.
      expect(held.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(3 * size);
    }
    // The changes are those of 3,450 features. Some of them compile others again.
    expect(compiled.reduce((sum, each) => sum + each, 0)).toBeLessThan(3 * 3_450);
  });

  it("evaluates its other features after the engine failed on a shared one", async () => {
    const module = await lean();
    let traps = false;
    const evaluate_values = vi.fn((...numbers: Parameters<EngineModule["evaluate_values"]>) => {
      if (traps) throw new WebAssembly.RuntimeError("unreachable");
      return module.evaluate_values(...numbers);
    });
    const { engine } = await counting({ ...module, evaluate_values });
    const [a, b] = [feature("A", 1), feature("B", 2)];
    const first = engine.compile([a, b]);
    const second = engine.compile([a, feature("B", 20)]);
    kept.push(first, second);
    traps = true;
    expect(second.evaluate(1, mara, now).reason).toBe("ERROR");
    traps = false;
    expect(values(second)).toEqual(["1", undefined]);
    expect(values(first)).toEqual(["1", "2"]);
    const third = engine.compile([a, feature("B", 20)]);
    expect(values(third)).toEqual(["1", undefined]);
    expect(values(engine.compile([a, feature("B", 21)]))).toEqual(["1", "21"]);
  });
});

describeEngine("features of a page", () => {
  // The quote needs an escape, which hides no pattern.
  const expected = [...Array.from({ length: 99 }, (_, position) => `${position}`), '"'];
  const texts = expected.map((value, position) => feature(`F${position}`, value.replace('"', '\\"')));

  it("are compiled when one of them is first read, and those that did not change once", async () => {
    const { engine, compiled } = await counting(undefined, { isLazy: true });
    const first = engine.compile(texts);
    kept.push(first);
    expect([compiled, first.evaluate(40, mara, now).value, first.evaluate(63, mara, now).value]).toEqual([
      [32, 32],
      "40",
      "63",
    ]);
    const changed = engine.compile([feature("F0", "new"), ...texts.slice(1)]);
    kept.push(changed);
    expect(values(changed)).toEqual(["new", ...expected.slice(1)]);
    expect(values(first)).toEqual(expected);
    expect(compiled).toEqual([32, 32, 1, 32, 4]);
  });

  it.each(["REGEX", "\\u0052EGEX"])(
    "are refused by the lean engine before a read if one has %s",
    async (name) => {
      const { engine } = await counting(undefined, { isLazy: true });
      const pattern = feature("P", 1).replace("EQUALS", name);
      expect(() => engine.compile([...texts, pattern])).toThrow(NeedsFullEngine);
    },
  );

  it("fail one by one if the engine traps while it compiles them for a read", async () => {
    let traps = false;
    const module = await lean();
    const compile: EngineModule["compile"] = (features, profile) => {
      if (traps) throw new WebAssembly.RuntimeError("unreachable");
      return module.compile(features, profile);
    };
    const onFailure = vi.fn();
    const { engine } = await counting({ ...module, compile }, { isLazy: true, onFailure });
    const ruleset = engine.compile(texts);
    kept.push(ruleset);
    traps = true;
    expect(ruleset.evaluate(99, mara, now).reason).toBe("ERROR");
    traps = false;
    expect(onFailure.mock.calls).toEqual([
      [expect.objectContaining({ message: "feature F99: unreachable" }), true],
    ]);
    expect(values(ruleset)).toEqual([...expected.slice(0, 99), undefined]);
    expect(engine.failure).toBeDefined();
  });
});
