import { expect, it } from "vitest";

import { NeedsFullEngine } from "../../src/engine/engine.ts";
import { startEngine } from "../../src/engine/start.ts";
import { EngineAccess } from "../../src/engine_access.ts";
import { attributesOf } from "../../src/repository/lib.ts";
import { bytes, describeEngine, full } from "./built.ts";

const PATTERN = JSON.stringify({
  key: "A",
  type: "STRING",
  value: "no",
  strategies: [
    {
      id: "s",
      value: "yes",
      attributes: [{ fieldName: "userkey", conditional: "REGEX", values: ["^ma.a$"], type: "STRING" }],
    },
  ],
});

describeEngine("the start of a client's engine", () => {
  it("uses the full engine once the realm has loaded it", async () => {
    const backoff = { initial: 0, cap: 0, jitter: 0 };
    const access = new EngineAccess({}, { setTimer: () => ({ clear: () => undefined }) }, backoff);
    const bundled = { file: () => bytes("lean.wasm") };
    const first = await startEngine(access, bundled);
    expect(() => first.compile([PATTERN])).toThrow(NeedsFullEngine);
    await full();
    const second = await startEngine(access, bundled);
    const ruleset = second.compile([PATTERN]);
    const mara = attributesOf(Object.entries({ userkey: "mara" }));
    expect(ruleset.evaluate(0, mara, () => 0).value).toBe("yes");
  });
});
