import { expect, test, vi } from "vitest";

import { available } from "../../src/engine/unavailable.ts";
import { Client, type ClientOptions, type EngineSource } from "../../src/index.ts";
import { bytes, describeEngine } from "../engine/built.ts";
import { eventually } from "../eventually.ts";
import { edge } from "./edge_of_each_test.ts";
import { CLIENT_KEY, feature, list } from "./scripted_edge.ts";

const FAST: ClientOptions = { backoff: { initial: 0.02, cap: 0.05, jitter: 0 } };

test("the text of a forbidden engine names the policy's word and the other kind of key", async () => {
  const refused = new Error("WebAssembly.compile(): Refused by Content Security Policy: 'unsafe-eval'");
  const loading = available(Promise.reject(refused));
  await expect(loading).rejects.toThrow("'wasm-unsafe-eval'");
  await expect(loading).rejects.toThrow("server-evaluated key");
});

/** Loads the client anew, with an engine that is not loaded yet: a realm loads the engine once. */
async function freshClient(): Promise<typeof Client> {
  vi.resetModules();
  return (await import("../../src/index.ts")).Client;
}

describeEngine("a client that evaluates the rules", () => {
  test("says why, goes on with its requests, loads again, and then serves all updates in order", async () => {
    const FreshClient = await freshClient();
    let loads = 0;
    // Each reading of the source is one attempt to load.
    const engine = {
      then: (fulfilled: (source: BufferSource) => void, rejected: (error: unknown) => void) => {
        if (++loads < 3) rejected(new Error(`attempt ${loads} failed`));
        else fulfilled(bytes("lean.wasm"));
      },
    } as unknown as EngineSource;
    const seen: string[] = [];
    const client = new FreshClient(edge.url, CLIENT_KEY, {
      ...FAST,
      engine,
      onReadiness: ({ readiness }) => seen.push(readiness),
    });
    const { response } = await edge.stream(feature("COLOUR", "red"));
    response.write(list(feature("COLOUR", "blue", 2)));
    const failed = await client.statusWhen(({ problem }) => problem !== undefined);
    expect(failed).toMatchObject({ readiness: "NOT_READY", features: 0 });
    expect(failed.problem).toMatchObject({
      code: "engine",
      text: expect.stringMatching(/attempt \d failed/) as string,
    });
    await client.ready();
    await client.statusWhen(() => client.string("COLOUR") === "blue");
    expect([loads, client.status.problem]).toEqual([3, undefined]);
    client.close();
    await client.closed();
    expect(seen).toEqual(["NOT_READY", "READY", "CLOSED"]);
  });

  test("loads the full engine when a rule has a regular expression", async () => {
    const strategy = {
      ...{ id: "s", value: "blue" },
      attributes: [{ fieldName: "userkey", type: "STRING", conditional: "REGEX", values: ["^ma.a$"] }],
    };
    const red = {
      id: "1",
      key: "COLOUR",
      type: "STRING",
      version: 1,
      value: "red",
      strategies: [strategy, 5],
    };
    using client = new Client(edge.url, CLIENT_KEY, {
      engine: bytes("lean.wasm"),
      fullEngine: bytes("full.wasm"),
    });
    await edge.stream(JSON.stringify(red));
    await client.ready();
    expect(client.context({ userkey: "mara" }).string("COLOUR")).toBe("blue");
    expect(client.context({ userkey: "fred" }).string("COLOUR")).toBe("red");
    const explained = await client.context({ userkey: "mara" }).explain("COLOUR");
    expect(explained.detail).toMatchObject({ value: "blue", strategyId: "s" });
    expect(JSON.stringify(explained.report)).toContain("^ma.a$");
    expect((await client.explain("NONE")).report).toBeUndefined();
    expect(await client.diagnostics()).toMatchObject([
      { feature: "COLOUR", environment: "environment", strategy: 1, severity: "error" },
    ]);
  });

  test("an offline client is ready once the engine is loaded", async () => {
    const FreshClient = await freshClient();
    let load: (source: BufferSource) => void = () => undefined;
    const engine = new Promise<BufferSource>((resolve) => (load = resolve));
    using client = new FreshClient("", CLIENT_KEY, { mode: "offline", engine });
    client.offerFeatures("test", "environment", `[${feature("COLOUR", "red")}]`);
    const ready = client.ready();
    expect(client.readiness).toBe("NOT_READY");
    load(bytes("lean.wasm"));
    await ready;
    expect(client.string("COLOUR")).toBe("red");
  });

  test("an offline client whose engine cannot be used is not ready", async () => {
    const FreshClient = await freshClient();
    const engine = Promise.resolve(new Uint8Array([0, 1, 2]));
    using client = new FreshClient("", CLIENT_KEY, { ...FAST, mode: "offline", engine });
    client.offerFeatures("test", "environment", `[${feature("COLOUR", "red")}]`);
    await client.statusWhen(({ problem }) => problem !== undefined);
    await expect(client.ready({ timeoutMs: 1 })).rejects.toMatchObject({
      reason: "timedOut",
      problem: { code: "engine" },
    });
  });

  test("closes while the engine is loading, without the features", async () => {
    const FreshClient = await freshClient();
    const client = new FreshClient(edge.url, CLIENT_KEY, { engine: new Promise<never>(() => undefined) });
    await edge.stream(feature("COLOUR", "red"));
    await eventually(() => {
      expect(client.status.sinceContact).toBeDefined();
    });
    expect(client.status).toMatchObject({ readiness: "NOT_READY", features: 0 });
    client.close();
    expect(client.status).toMatchObject({ readiness: "CLOSED", features: 0 });
    await client.closed();
  });

  test("does not load the engine again once the client is closed", async () => {
    const FreshClient = await freshClient();
    let fail: (error: Error) => void = () => undefined;
    const engine = new Promise<never>((_, reject) => (fail = reject));
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    const client = new FreshClient("", CLIENT_KEY, { mode: "offline", engine });
    client.offerFeatures("test", "environment", `[${feature("COLOUR", "red")}]`);
    client.close();
    await client.closed();
    setTimer.mockClear();
    fail(new Error("the engine is missing"));
    await expect(engine).rejects.toThrow("missing");
    // The client handles the failure in later turns of the event loop.
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    expect(setTimer).not.toHaveBeenCalled();
  });
});
