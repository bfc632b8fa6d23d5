import { afterEach, beforeEach, expect, type MockInstance, test, vi } from "vitest";

import type { EngineModule, FullEngineModule } from "../../src/engine/module.ts";
import { type AnyFlags, Client, type Context, Ruleset } from "../../src/index.ts";
import { bytes, describeTraps } from "../engine/built.ts";
import { edge, start } from "./edge_of_each_test.ts";
import { CLIENT_KEY, list } from "./scripted_edge.ts";

/** Number of compilations by the engine that evaluates. */
let compilations = 0;
/** True if that engine can be given a fresh instance. */
let hasMemory = true;

// Both engines have traps. The tests share their instances, so that a broken one would fail all tests that follow.
vi.mock("../../src/engine/wasm/lean.js", async () => {
  const actual = await vi.importActual<EngineModule>("../../src/engine/wasm/lean_traps.js");
  const compile = (features: Uint8Array, profile: number): number => {
    compilations++;
    return actual.compile(features, profile);
  };
  const reset = (): void => {
    if (!hasMemory) throw new RangeError("WebAssembly.Instance(): Out of memory");
    actual.__wbg_reset_state();
  };
  return { ...actual, compile, __wbg_reset_state: reset };
});
vi.mock("../../src/engine/wasm/full.js", () =>
  vi.importActual<FullEngineModule>("../../src/engine/wasm/full_traps.js"),
);

/** The traps, and the error of each in V8. */
const TRAPS = [
  ["panic", /unreachable/],
  ["exhausted memory", /unreachable/],
  ["exhausted stack", /memory access out of bounds/],
  ["exhausted calls", /Maximum call stack size exceeded/],
] as const;

const NOW = { fieldName: "now", type: "DATETIME", conditional: "GREATER", values: ["1970-01-01T00:01:00Z"] };
const MARA = { fieldName: "userkey", type: "STRING", conditional: "EQUALS", values: ["mara"] };

/** Returns the JSON of a feature with one strategy. The id may name a trap. */
function feature(key: string, id: string, rule: object = NOW, value = "on"): string {
  const strategy = { id, value, attributes: [rule] };
  return JSON.stringify({ id: key, key, type: "STRING", version: 1, value: "off", strategies: [strategy] });
}

const CACHED = feature("CACHED", "sound", MARA);
const OTHER = feature("OTHER", "sound", MARA);

let client: Client;
let mara: Context<AnyFlags>;
/** A client with the same instance. Its feature is evaluated in each read. */
let bystander: Client;
let errors: MockInstance<typeof console.error>;

beforeEach(async () => {
  compilations = 0;
  errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const options = { engine: bytes("lean_traps.wasm"), fullEngine: bytes("full_traps.wasm") };
  bystander = new Client("", CLIENT_KEY, { ...options, mode: "offline" });
  bystander.offerFeatures("test", "environment", `[${feature("BYSTANDER", "sound")}]`);
  await bystander.ready();
  client = start(options, CLIENT_KEY);
  mara = client.context({ userkey: "mara" });
});
afterEach(() => {
  expect(bystander.context({ userkey: "fred" }).string("BYSTANDER", "default")).toBe("on");
  bystander.close();
  vi.restoreAllMocks();
});

/** Expects that one error was printed, and that its cause is a trap. */
function expectOneError(text: RegExp): void {
  expect(errors).toHaveBeenCalledTimes(1);
  const [message, error] = errors.mock.calls[0] as [string, Error];
  expect(message).toBe("fh-client: the evaluation engine failed");
  expect(error.message).toMatch(text);
}

describeTraps("an engine that fails", () => {
  const reads = TRAPS.flatMap(([trap, text]) => [
    { trap: `${trap} while evaluating`, text },
    { trap: `${trap} while matching`, text },
  ]);
  test.for(reads)("in a read, by $trap: only this feature has no value", async ({ trap, text }) => {
    const { response } = await edge.stream(feature("BAD", trap), CACHED, OTHER);
    await client.ready();
    const cached = { value: "on", strategyId: "sound", reason: "STRATEGY_MATCH" };
    expect(mara.detail("CACHED")).toMatchObject(cached);
    const before = compilations;

    expect(mara.string("BAD", "default")).toBe("default");
    expect(mara.detail("BAD")).toMatchObject({ value: undefined, reason: "ERROR" });
    expectOneError(text);
    // The cached answer needs no engine. The fresh instance gets the features and the context when another feature is read.
    expect(mara.detail("CACHED")).toMatchObject(cached);
    expect(compilations).toBe(before);
    expect(mara.string("OTHER", "default")).toBe("on");
    expect(compilations).toBe(before + 1);
    expect(client.context({ userkey: "mara" }).string("CACHED", "default")).toBe("on");
    expect(client.context({ userkey: "fred" }).string("CACHED", "default")).toBe("off");
    const { problem } = await client.statusWhen((status) => status.problem !== undefined);
    expect(problem).toMatchObject({ code: "engine" });
    const { message } = errors.mock.calls[0]![1] as Error;
    expect(message).toMatch(/^feature BAD: /);
    expect(problem).toEqual({ code: "engine", text: message });

    response.write(list(feature("BAD", trap), CACHED, feature("OTHER", "sound", MARA, "changed")));
    await client.statusWhen(() => mara.string("OTHER", "default") === "changed");
    expect(mara.detail("BAD").reason).toBe("ERROR");
    expect(client.status.problem).toEqual(problem);

    response.write(list(feature("BAD", "sound"), CACHED, OTHER));
    await client.statusWhen(() => mara.string("BAD", "default") === "on");
    await client.statusWhen((status) => status.problem === undefined);
    expect(errors).toHaveBeenCalledTimes(1);
  });

  const whileCompiling = TRAPS.map(([trap, text]) => ({ trap: `${trap} while compiling`, text }));
  test.for(whileCompiling)("by $trap: the last state goes on", async ({ trap, text }) => {
    const { response } = await edge.stream(CACHED, OTHER);
    await client.ready();
    expect(mara.string("CACHED", "default")).toBe("on");

    response.write(list(feature("BAD", trap), feature("CACHED", "sound", MARA, "changed"), OTHER));
    const { problem } = await client.statusWhen((status) => status.problem !== undefined);
    expectOneError(text);
    expect(problem).toEqual({ code: "engine", text: (errors.mock.calls[0]![1] as Error).message });
    expect(client.status.readiness).toBe("READY");
    expect(mara.string("CACHED", "default")).toBe("on");
    expect(mara.string("OTHER", "default")).toBe("on");
    expect(mara.detail("BAD").reason).toBe("NOT_FOUND");

    response.write(list(feature("BAD", "sound"), feature("CACHED", "sound", MARA, "changed"), OTHER));
    await client.statusWhen(() => mara.string("CACHED", "default") === "changed");
    expect(mara.string("BAD", "default")).toBe("on");
    await client.statusWhen((status) => status.problem === undefined);
    expect(errors).toHaveBeenCalledTimes(1);
  });

  test("while it compiles the first features: the client is ready with the next ones", async () => {
    const { response } = await edge.stream(feature("BAD", "panic while compiling"));
    await client.statusWhen((status) => status.problem !== undefined);
    expect(client.status).toMatchObject({ readiness: "NOT_READY", problem: { code: "engine" } });
    expect(mara.detail("BAD").reason).toBe("NOT_READY");
    response.write(list(feature("BAD", "sound")));
    await client.ready();
    expect(mara.string("BAD", "default")).toBe("on");
    expect(mara.detail("NONE").reason).toBe("NOT_FOUND");
    expect(client.status.problem).toBeUndefined();
  });

  test("has no fresh instance at first: cached answers go on, and all others follow when there is one", async () => {
    const { response } = await edge.stream(feature("BAD", "panic while evaluating"), CACHED, OTHER);
    await client.ready();
    expect(mara.string("CACHED", "default")).toBe("on");
    hasMemory = false;
    expect(mara.detail("BAD").reason).toBe("ERROR");
    expect(mara.string("CACHED", "default")).toBe("on");
    expect(mara.detail("OTHER").reason).toBe("ERROR");
    hasMemory = true;
    expect(mara.string("OTHER", "default")).toBe("on");
    expect(mara.detail("BAD").reason).toBe("ERROR");

    hasMemory = false;
    const changed = feature("CACHED", "sound", MARA, "changed");
    response.write(list(feature("BAD", "panic while matching"), changed, OTHER));
    await client.statusWhen(() => mara.string("CACHED", "default") === "changed");
    expect(mara.detail("BAD").reason).toBe("ERROR");
    response.write(list(CACHED));
    const text = "no memory for a fresh instance of the engine";
    await client.statusWhen(({ problem }) => problem?.code === "engine" && problem.text === text);
    expect(mara.string("CACHED", "default")).toBe("changed");
    hasMemory = true;
    response.write(list(feature("BAD", "sound"), CACHED));
    await client.statusWhen(() => mara.string("CACHED", "default") === "on");
    expect(mara.string("BAD", "default")).toBe("on");
  });

  test.for(TRAPS)("in an explanation, by %s: the promise rejects", async ([trap, text]) => {
    await edge.stream(feature("BAD", `${trap} while explaining`), CACHED, OTHER);
    await client.ready();
    await expect(mara.explain("BAD")).rejects.toThrow(text);
    expect((await mara.explain("OTHER")).report).toMatchObject({ value: "on" });
    expect(mara.string("BAD", "default")).toBe("on");
    expect(mara.string("OTHER", "default")).toBe("on");
    expect(client.status.problem).toBeUndefined();
    expect(errors).not.toHaveBeenCalled();
  });

  test.for(TRAPS)("without a client, by %s: other rulesets go on", async ([trap, text]) => {
    const payload = `[${feature("BAD", `${trap} while matching`)},${CACHED},${feature("EXPLAINED", `${trap} while explaining`)}]`;
    using ruleset = await Ruleset.compile(payload);
    const context = ruleset.context({ userkey: "mara" });
    await expect(Ruleset.compile(feature("BAD", `${trap} while compiling`))).rejects.toThrow(text);
    expect(() => context.explain("EXPLAINED")).toThrow(text);
    expect(context.detail("BAD").reason).toBe("ERROR");
    expectOneError(text);
    expect(context.string("CACHED", "default")).toBe("on");
    expect(context.explain("CACHED").report).toMatchObject({ value: "on" });
    using next = await Ruleset.compile(CACHED);
    expect(next.context({ userkey: "mara" }).string("CACHED", "default")).toBe("on");
  });
});
