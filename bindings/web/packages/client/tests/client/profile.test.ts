import { expect, test, vi } from "vitest";

import { type Client, type EngineSource } from "../../src/index.ts";
import { bytes, describeEngine } from "../engine/built.ts";
import { edge } from "./edge_of_each_test.ts";
import { CLIENT_KEY } from "./scripted_edge.ts";

/** A condition without values, which a missing attribute satisfies in the profile `client` only. */
const COLOUR = JSON.stringify({
  ...{ id: "1", key: "COLOUR", type: "STRING", version: 1, value: "grey" },
  strategies: [
    { id: "s", value: "blue", attributes: [{ fieldName: "x", type: "STRING", conditional: "EQUALS" }] },
  ],
});

/** Returns a source of the lean engine that counts how often it is read. */
function countedLean(count: () => void): EngineSource {
  return {
    then: (fulfilled: (source: BufferSource) => void) => {
      count();
      fulfilled(bytes("lean.wasm"));
    },
  };
}

describeEngine("the option `profile`", () => {
  test.each([
    ["client", "blue", 1],
    ["edge", "grey", 0],
  ] as const)(
    "with `%s`, reads and explanations follow its rules, and only the engine that it needs is loaded",
    async (profile, expected, leanLoads) => {
      // A realm loads each engine once, so the modules are imported anew.
      vi.resetModules();
      const fresh = (await import("../../src/index.ts")).Client;
      let loads = 0;
      const engine = countedLean(() => loads++);
      using client: Client = new fresh(edge.url, CLIENT_KEY, {
        profile,
        engine,
        fullEngine: bytes("full.wasm"),
      });
      await edge.stream(COLOUR);
      await client.ready();
      const mara = client.context({ userkey: "mara" });
      expect([mara.string("COLOUR"), loads]).toEqual([expected, leanLoads]);
      const { detail, report } = await mara.explain("COLOUR");
      expect([detail.value, (report as { readonly value: unknown }).value]).toEqual([expected, expected]);
    },
  );

  test("an engine that was lean loads the full one for the profile `edge`", async () => {
    const { WasmEngine } = await import("../../src/engine/engine.ts");
    const { loadFull, loadLean } = await import("../../src/engine/load.ts");
    const lean = await loadLean(bytes("lean.wasm"));
    const loaded = vi.fn(() => loadFull(bytes("full.wasm"), {}));
    const engine = new WasmEngine(lean, { loadFull: loaded, profile: "edge" });
    const ruleset = await engine.compileWithEitherEngine([COLOUR]);
    expect(ruleset.evaluate(0, undefined, () => 0).value).toBe("grey");
    expect(loaded).toHaveBeenCalledOnce();
  });
});
