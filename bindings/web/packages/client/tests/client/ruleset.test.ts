import { expect, it } from "vitest";

import { Ruleset } from "../../src/index.ts";
import { bytes, describeEngine } from "../engine/built.ts";

interface Flags {
  readonly GREETING: string;
  readonly PRICE: number;
  readonly NONE: string;
  readonly LATE: boolean;
}

const kiwi = {
  ...{ id: "kiwi", value: "kia ora" },
  attributes: [{ fieldName: "country", type: "STRING", conditional: "REGEX", values: ["^new_.*$"] }],
};
const late = {
  ...{ id: "late", value: true },
  attributes: [
    { fieldName: "now", type: "DATETIME", conditional: "GREATER", values: ["1970-01-01T00:01:00Z"] },
  ],
};
const FEATURES = [
  { id: "1", key: "GREETING", type: "STRING", version: 3, value: "hello", l: true, strategies: [kiwi] },
  { id: "2", key: "PRICE", type: "NUMBER", value: "7.50", fp: { team: "kiwi" } },
  { id: "3", key: "NONE", type: "STRING" },
  { id: "4", key: "LATE", type: "BOOLEAN", value: false, strategies: [late] },
];
const fullEngine = bytes("full.wasm");

describeEngine("a ruleset", () => {
  it("evaluates features for contexts, at the time of its clock", async () => {
    let now = 60_000;
    const ruleset = await Ruleset.compile<Flags>(FEATURES, { clock: () => now, fullEngine });
    const mara = ruleset.context({ country: "new_zealand" });
    expect(mara.string("GREETING")).toBe("kia ora");
    expect(mara.detail("GREETING")).toMatchObject({
      ...{ reason: "STRATEGY_MATCH", strategyId: "kiwi", version: 3, isLocked: true },
    });
    expect(ruleset.context({ country: "france" }).string("GREETING")).toBe("hello");
    expect(ruleset.string("GREETING")).toBe("hello");
    expect([mara.number("PRICE"), mara.decimal("PRICE"), mara.string("NONE", "x")]).toEqual([
      7.5,
      "7.50",
      "x",
    ]);
    expect(mara.detail("PRICE").properties()).toEqual([["team", "kiwi"]]);
    expect(mara.isEnabled("LATE")).toBe(false);
    now = 60_001;
    expect(mara.isEnabled("LATE")).toBe(true);
    expect(ruleset.keys()).toEqual(["GREETING", "PRICE", "NONE", "LATE"]);
    expect([ruleset.size, ruleset.exists("PRICE"), ruleset.diagnostics]).toEqual([4, true, []]);
    // @ts-expect-error -- no such key
    expect(ruleset.detail("NO_SUCH").reason).toBe("NOT_FOUND");
  });

  it("explains an evaluation", async () => {
    const ruleset = await Ruleset.compile<Flags>(FEATURES, { fullEngine });
    const { detail, report } = ruleset.context({ country: "france" }).explain("GREETING");
    expect(detail.value).toBe("hello");
    expect(JSON.stringify(report)).toContain("^new_");
    // @ts-expect-error -- no such key
    expect(ruleset.explain("NO_SUCH").report).toBeUndefined();
  });

  it("reads each form of a payload, and follows the engine when a key occurs twice", async () => {
    const json = JSON.stringify(FEATURES);
    const body = `[{"id":"prod","features":${json}},7]`;
    for (const payload of [json, `\ufeff${json}`, new TextEncoder().encode(json), body]) {
      const ruleset = await Ruleset.compile(payload, { profile: "edge", fullEngine });
      expect(ruleset.context({ country: "new_zealand" }).value("GREETING")).toBe("kia ora");
      expect(ruleset.detail("GREETING").environment).toBe(payload === body ? "prod" : undefined);
    }
    expect(
      (await Ruleset.compile('{"key":"A","type":"BOOLEAN","value":true}', { fullEngine })).isEnabled("A"),
    ).toBe(true);
    expect((await Ruleset.compile([], { fullEngine })).keys()).toEqual([]);
    const twice = [
      { key: "A", type: "STRING", version: 1, value: "one" },
      { key: "B", type: "STRING", value: "b" },
      { key: "A", type: "STRING", version: 2, value: "two" },
      5,
    ];
    const ruleset = await Ruleset.compile(twice, { fullEngine });
    expect(ruleset.keys().sort()).toEqual(["A", "B"]);
    expect([ruleset.value("B"), ruleset.diagnostics.length > 0]).toEqual(["b", true]);
    expect(ruleset.value("A")).toBe(ruleset.detail("A").version === 2 ? "two" : "one");
  });

  it("refuses what cannot be read, and frees its memory", async () => {
    await expect(Ruleset.compile("nonsense", { fullEngine })).rejects.toThrow(TypeError);
    await expect(Ruleset.compile(Uint8Array.of(0xff), { fullEngine })).rejects.toThrow("not UTF-8");
    const two = [
      { id: "a", features: [] },
      { id: "b", features: [] },
    ];
    await expect(Ruleset.compile(two, { fullEngine })).rejects.toThrow("choose one environment");
    await expect(Ruleset.compile([], { profile: "server" as "edge", fullEngine })).rejects.toThrow(TypeError);
    const ruleset = await Ruleset.compile(FEATURES, { fullEngine });
    ruleset[Symbol.dispose]();
    expect(ruleset.context({ country: "new_zealand" }).detail("GREETING").reason).toBe("ERROR");
  });
});
