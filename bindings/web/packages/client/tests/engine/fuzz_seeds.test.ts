import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";

import { WasmEngine } from "../../src/engine/engine.ts";
import { PROFILE_NUMBERS } from "../../src/engine/module.ts";
import { split } from "../../src/engine/texts.ts";
import { Ruleset } from "../../src/index.ts";
import { attributesOf } from "../../src/repository/lib.ts";
import { fromUtf8Lossy } from "../../src/text/text.ts";
import { bytes as file, describeEngine, full, lean } from "./built.ts";

const FUZZ = fileURLToPath(new URL("../../../../../../conformance/fuzz/seeds/", import.meta.url));
/** The fuzz targets whose bytes reach the evaluation engine. */
const TARGETS = ["address", "context", "date", "evaluate", "number", "pattern", "payload", "version"];
const SEEDS = TARGETS.flatMap((target) => readdirSync(FUZZ + target).map((name) => `${target}/${name}`));
const CLOCK = Date.UTC(2024, 1, 29);

describeEngine("the seeds of the fuzz targets, which the tests of the engine read natively,", () => {
  it.each(SEEDS)("make neither engine fail as WebAssembly: %s", async (seed) => {
    const errors = vi.spyOn(console, "error").mockReturnValue();
    const bytes = new Uint8Array(readFileSync(FUZZ + seed));
    const text = fromUtf8Lossy(bytes);
    for (const module of [await lean(), await full()]) {
      const context = module.clear_context(0);
      module.add_attribute(context, text, text);
      for (const profile of Object.values(PROFILE_NUMBERS)) {
        const ruleset = module.compile(bytes, profile);
        for (const position of split(module.keys(ruleset)).keys()) {
          module.evaluate(ruleset, position, context, CLOCK);
          module.evaluate(ruleset, position, 0, NaN);
        }
        module.free_ruleset(ruleset);
      }
      module.free_context(context);
    }
    const options = { clock: () => CLOCK, fullEngine: file("full.wasm") };
    const ruleset = await Ruleset.compile(bytes, options).catch(() => undefined);
    const reads = ruleset?.context({ userkey: "mara", attr: [text, "10", "2024-02-29"] });
    for (const key of ruleset?.keys() ?? []) {
      const report = reads?.explain(key).report as { readonly reason: string };
      expect(report.reason).toBe(reads?.detail(key).reason);
    }
    expect(errors.mock.calls).toEqual([]);
    errors.mockRestore();
  });
});

const RULES = [
  ["STRING", "EQUALS", "mara"],
  ["NUMBER", "GREATER", "10"],
  ["DATE", "LESS", "2024-02-29"],
  ["SEMANTIC_VERSION", "GREATER_EQUALS", "1.2.3"],
  ["IP_ADDRESS", "EXCLUDES", "10.0.0.0/8"],
  ["BOOLEAN", "EQUALS", "true"],
];

describeEngine("the lean engine", () => {
  it("gives the results of the full engine for rules of each type", async () => {
    const features = RULES.map(([type, conditional, value]) => {
      const attributes = [{ fieldName: "x", type, conditional, values: [value] }];
      const strategies = [
        { id: "s", percentage: 500_000, value: "half", attributes },
        { id: "t", value: "yes", attributes },
      ];
      return JSON.stringify({ key: `${type}`, type: "STRING", value: "no", strategies });
    });
    const rulesets = [new WasmEngine(await lean()), new WasmEngine(await full())].map((engine) =>
      engine.compile(features),
    );
    for (const x of ["mara", "11", "2024-02-28", "1.10.0", "192.168.0.1", "true", ""]) {
      const context = attributesOf([
        ["x", x],
        ["userkey", x],
      ]);
      const [ours, theirs] = rulesets.map((ruleset) =>
        features.map((_, at) => ruleset.evaluate(at, context, () => CLOCK)),
      );
      expect(ours).toEqual(theirs);
    }
  });
});
