import { afterEach, expect, it, vi } from "vitest";
import { NeedsFullEngine } from "../../src/engine/engine.ts";
import { startEngine } from "../../src/engine/start.ts";
import { EngineAccess } from "../../src/engine/access.ts";
import type { EngineSettings } from "../../src/engine/settings.ts";
import { Client, Ruleset } from "../../src/index.ts";
import { attributesOf, rulesOf } from "../../src/repository/lib.ts";
import { received } from "../sequences/received.ts";
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

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Returns the access to the engines with these settings. */
function accessWith(settings: EngineSettings): EngineAccess {
  const backoff = { initial: 0, cap: 0, jitter: 0 };
  return new EngineAccess(settings, { setTimer: () => ({ clear: () => undefined }) }, backoff);
}

describeEngine("the start of a client's engine", () => {
  // The realm has no engine yet.
  it("requests the full engine at once if the features need it", async () => {
    const requests: string[] = [];
    vi.stubGlobal("fetch", (url: URL) => {
      requests.push(url.pathname);
      return Promise.reject(new TypeError("no network"));
    });
    const [engine, fullEngine] = ["lean", "full"].map((name) => new URL(`https://engine.example/${name}`));
    for (const [json, expected] of [
      [PATTERN, ["/full"]],
      [PATTERN.replace("REGEX", "EQUALS"), ["/lean"]],
    ] as const) {
      requests.length = 0;
      const access = accessWith({ engine, fullEngine });
      const rules = rulesOf([received(json)], { kind: "unknown" });
      await new Promise((resolve) => {
        access.compile(rules, resolve);
      });
      access.close();
      expect(requests).toEqual(expected);
    }
  });

  it("requests each engine with its own integrity", async () => {
    const requests: unknown[] = [];
    vi.stubGlobal("fetch", (url: URL, init: unknown) => {
      requests.push([url.pathname, init]);
      return Promise.reject(new TypeError("no network"));
    });
    const lean = new URL("https://engine.example/lean.wasm");
    const fullEngine = new URL("https://engine.example/full.wasm");
    const settings = { fullEngine, integrity: "sha256-lean", fullIntegrity: "sha256-full" };
    await expect(startEngine(accessWith({ ...settings, engine: lean }))).rejects.toThrow("no network");
    const engine = await startEngine(accessWith({ ...settings, engine: bytes("lean.wasm") }));
    await expect(engine.compileWithEitherEngine([PATTERN])).rejects.toThrow("no network");
    const options = { fullEngine, fullIntegrity: "sha256-other" };
    using client = Client.offline({ ...options, engine: bytes("lean.wasm") });
    client.offerFeatures("test", "environment", "[]");
    await expect(client.diagnostics()).rejects.toThrow("no network");
    await expect(Ruleset.compile("[]", options)).rejects.toThrow("no network");
    expect(requests).toEqual([
      ["/lean.wasm", { integrity: "sha256-lean" }],
      ["/full.wasm", { integrity: "sha256-full" }],
      ["/full.wasm", { integrity: "sha256-other" }],
      ["/full.wasm", { integrity: "sha256-other" }],
    ]);
  });

  it("uses the full engine once the realm has loaded it", async () => {
    const access = accessWith({ engine: bytes("lean.wasm") });
    const first = await startEngine(access);
    expect(() => first.compile([PATTERN])).toThrow(NeedsFullEngine);
    await full();
    const second = await startEngine(access);
    const ruleset = second.compile([PATTERN]);
    const mara = attributesOf(Object.entries({ userkey: "mara" }));
    expect(ruleset.evaluate(0, mara, () => 0).value).toBe("yes");
  });
});
