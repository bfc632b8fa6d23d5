import { afterEach, beforeEach, expect, it, type MockInstance, vi } from "vitest";

import { NeedsFullEngine, WasmEngine } from "../../src/engine/engine.ts";
import { type EngineModule, PROFILE_NUMBERS, type Profile } from "../../src/engine/module.ts";
import type { WasmRuleset } from "../../src/engine/ruleset.ts";
import { split } from "../../src/engine/texts.ts";
import { type AnyFlags, Ruleset, type RulesetReads } from "../../src/index.ts";
import { asText, elements, isObject, member, parse } from "../../src/json.ts";
import type { ContextAttributes } from "../../src/options.ts";
import type { Evaluation } from "../../src/repository/engine.ts";
import { attributesOf } from "../../src/repository/lib.ts";
import { fromUtf8, fromUtf8Lossy } from "../../src/text.ts";
import { bytes as file, describeEngine, full, lean } from "./built.ts";
import { type Input, inputsOf, OTHER_TARGETS, type Seed, seedFolders, seeds, TARGETS } from "./fuzz_seeds.ts";

const ALL_SEEDS = seeds();
/** The seeds whose bytes are read. The others take most of the time, because each is cut in two at all places. */
const SEEDS =
  process.env["FH_DEEP"] === undefined
    ? ALL_SEEDS.filter(({ target }) => target === "payload" || target === "evaluate")
    : ALL_SEEDS;
const CLOCK = Date.UTC(2024, 1, 29);
const FULL = file("full.wasm");
const PROFILES = Object.keys(PROFILE_NUMBERS) as Profile[];

/** The context of the fuzz target `payload`. */
const MARA: ContextAttributes = {
  ...{ userkey: "mara", country: "turkey", version: "1.2.3" },
  attr: ["10", "2024-02-29", "10.0.0.1", "gold", "2024-02-29T10:00:00Z", "true"],
};

/** The most processor time for all inputs of a seed, in microseconds. None takes more than about 1 s. */
const MOST_TIME = 30_000_000;

/** The parts of an explanation that repeat the evaluation. */
interface Report {
  readonly reason: string;
  readonly strategyId: string | null;
  readonly text: string;
}

/** The numbers of reads and refusals of one seed. */
interface Counts {
  /** Reads by a ruleset. */
  reads: number;
  /** Evaluations by both engines. */
  lean: number;
  /** Lists that only the full engine compiles. */
  patterns: number;
  /** Payloads that cannot be read as a whole. */
  refused: number;
}

/** Returns the contexts of an input, those of the seed's bytes, and a fixed one. */
function contextsOf({ bytes }: Seed, { contexts }: Input): ContextAttributes[] {
  const text = fromUtf8Lossy(bytes);
  const names = ["x", "attr", "userkey", "version", "country", "now", text];
  const ofBytes = Object.fromEntries(names.map((name) => [name, [text, ...text.split(/\s|"/)]]));
  return [MARA, ofBytes, ...contexts];
}

/** Compiles a payload with both profiles, and reads each feature in all ways. */
async function readRulesets(
  payload: Uint8Array,
  contexts: ContextAttributes[],
  counts: Counts,
): Promise<void> {
  for (const profile of PROFILES) {
    let ruleset;
    try {
      ruleset = await Ruleset.compile(payload, {
        profile,
        clock: () => CLOCK,
        fullEngine: FULL,
      });
    } catch (error) {
      // A payload that is no JSON, no UTF-8, or of another number of environments than one.
      expect(error).toBeInstanceOf(TypeError);
      counts.refused += 1;
      continue;
    }
    for (const reads of [ruleset, ...contexts.map((context) => ruleset.context(context))])
      for (const key of ruleset.keys()) counts.reads += readFeature(reads, key);
    for (const { feature, text } of ruleset.diagnostics) expect(text).toContain(feature);
    ruleset[Symbol.dispose]();
  }
}

/** Reads a feature by each getter, and compares the explanation with the evaluation. Returns the number of evaluations. */
function readFeature(reads: RulesetReads<AnyFlags>, key: string): number {
  const { reason, strategyId, value } = reads.detail(key);
  const report = reads.explain(key).report as Report;
  const typed = [reads.boolean(key), reads.string(key), reads.number(key), reads.json(key)];
  const isOfOneType = typed.filter((each) => each !== undefined).length <= 1;
  // One assertion for all parts, because an assertion takes longer than a read.
  expect([reason, strategyId ?? null, reads.value(key), isOfOneType, report.text.includes(key)]).toEqual([
    ...[report.reason, report.strategyId, value, true, true],
  ]);
  reads.decimal(key);
  reads.rawJson(key);
  return 1;
}

/** Evaluates the features that a client would hold with both engines, which give the same results. */
function compareEngines(
  engines: { readonly lean: WasmEngine; readonly full: WasmEngine },
  features: readonly string[],
  contexts: readonly ContextAttributes[],
  counts: Counts,
): void {
  const expected = engines.full.compile(features);
  let ruleset: WasmRuleset | undefined;
  try {
    ruleset = engines.lean.compile(features);
  } catch (error) {
    expect(error).toBeInstanceOf(NeedsFullEngine);
    expect(features.join()).toContain("REGEX");
    counts.patterns += 1;
  }
  for (const attributes of [undefined, ...contexts.map((each) => attributesOf(Object.entries(each)))]) {
    const evaluated = (by: WasmRuleset): Evaluation[] =>
      Array.from(features, (_, position) => by.evaluate(position, attributes, () => CLOCK));
    const evaluations = evaluated(expected);
    expect(evaluations.map(({ reason }) => reason)).not.toContain("ERROR");
    if (ruleset === undefined) continue;
    expect(evaluated(ruleset)).toEqual(evaluations);
    counts.lean += evaluations.length;
  }
}

/** Returns the features of a payload as the session holds them: objects with a key that is a text, once each. */
function sessionFeatures(payload: Uint8Array): string[] {
  const text = fromUtf8(payload) ?? "";
  const list = (parse(text) === undefined ? undefined : elements(text)) ?? [];
  const features = list.map((json) => [keyOf(json), json] as const).filter(([key]) => (key ?? "") !== "");
  return [...new Map(features).values()];
}

function keyOf(json: string): string | undefined {
  const feature = parse(json);
  return isObject(feature) ? asText(member(feature, "key")) : undefined;
}

/** Calls the functions of a module with the bytes as they are: as features, as attributes, and as a document. */
function passBytes(module: EngineModule, bytes: Uint8Array): void {
  const text = fromUtf8Lossy(bytes);
  const context = module.clear_context(0);
  module.add_attribute(context, text, text);
  for (const profile of Object.values(PROFILE_NUMBERS)) {
    const ruleset = module.compile(bytes, profile);
    expect(module.missing(ruleset)).toBeLessThan(4);
    const keys = split(module.keys(ruleset));
    for (const position of keys.keys()) {
      module.evaluate(ruleset, position, context, CLOCK);
      module.evaluate(ruleset, position, 0, NaN);
    }
    module.free_ruleset(ruleset);
  }
  module.free_context(context);
}

describeEngine("the seeds of the fuzz targets", () => {
  let errors: MockInstance<typeof console.error>;

  beforeEach(() => {
    errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
  });

  afterEach(() => {
    // A ruleset reports a trap of the engine here.
    const calls = errors.mock.calls;
    errors.mockRestore();
    expect(calls).toEqual([]);
  });

  it("are those of all targets", () => {
    expect(seedFolders()).toEqual([...TARGETS, ...OTHER_TARGETS].sort());
    for (const target of TARGETS) expect(ALL_SEEDS.map((seed) => seed.target)).toContain(target);
    expect(ALL_SEEDS.map(({ name }) => name)).toContain("regression 1");
  });

  it.each(SEEDS)("make neither engine fail: $target $name", async (seed) => {
    const failed = (error: unknown): void => {
      throw new Error("the engine failed", { cause: error });
    };
    const modules = { lean: await lean(), full: await full() };
    const engines = {
      lean: new WasmEngine(modules.lean, { onFailure: failed }),
      full: new WasmEngine(modules.full, { onFailure: failed }),
    };
    const counts: Counts = { reads: 0, lean: 0, patterns: 0, refused: 0 };
    const start = process.cpuUsage();
    for (const module of Object.values(modules)) passBytes(module, seed.bytes);
    for (const input of inputsOf(seed)) {
      const contexts = contextsOf(seed, input);
      await readRulesets(input.payload, contexts, counts);
      compareEngines(engines, sessionFeatures(input.payload), contexts, counts);
    }
    const { user, system } = process.cpuUsage(start);
    expect(user + system).toBeLessThan(MOST_TIME);
    expect(Math.min(counts.reads, counts.lean), "reads by both engines").toBeGreaterThan(0);
    if (seed.target === "pattern") expect(counts.patterns).toBeGreaterThan(0);
    if (seed.target === "payload") expect(counts.refused).toBeGreaterThan(0);
  });
});
