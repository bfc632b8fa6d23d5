import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";

import { testClient } from "../../src/testing/index.ts";
import { bytes, describeEngine } from "../engine/built.ts";

interface Flags {
  readonly NEW_CHECKOUT: boolean;
  readonly COLOUR: "red" | "blue";
  readonly LIMITS: { readonly perDay: number };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a client for tests", () => {
  test("serves its values at once, for each context, without a request", () => {
    const fetched = vi.fn();
    vi.stubGlobal("fetch", fetched);
    using client = testClient<Flags>({ NEW_CHECKOUT: true, COLOUR: "red", LIMITS: { perDay: 3 } });
    expect(client.isReady).toBe(true);
    const mara = client.context({ userkey: "mara" });
    expect(mara.isEnabled("NEW_CHECKOUT")).toBe(true);
    expect(mara.json("LIMITS")).toEqual({ perDay: 3 });
    expect(mara.detail("COLOUR")).toMatchObject({ value: "red", reason: "STATIC", version: 1 });
    expect(fetched).not.toHaveBeenCalled();
  });

  test("sets, updates and deletes features, and notifies listeners", async () => {
    using client = testClient<Flags>({ NEW_CHECKOUT: true });
    const seen: unknown[] = [];
    client.onChange("NEW_CHECKOUT", (change) => seen.push([change.old, change.new]));
    client.set("NEW_CHECKOUT", false);
    expect(client.isEnabled("NEW_CHECKOUT")).toBe(false);
    client.flush();
    client.update("COLOUR", { value: "blue", locked: true, properties: { team: "kiwi" } });
    expect(client.detail("COLOUR")).toMatchObject({ value: "blue", isLocked: true });
    expect(client.detail("COLOUR").properties()).toEqual([["team", "kiwi"]]);
    client.update("COLOUR", { locked: false });
    expect(client.detail("COLOUR")).toMatchObject({ value: "blue", isLocked: false, version: 2 });
    client.set("COLOUR", null);
    expect(client.detail("COLOUR")).toMatchObject({ value: undefined, exists: true });
    client.delete("COLOUR");
    expect(client.detail("COLOUR").reason).toBe("NOT_FOUND");
    client.delete("NEW_CHECKOUT");
    await client.applied();
    client.flush();
    expect(seen).toEqual([
      [true, false],
      [false, undefined],
    ]);
  });

  test("is not ready, fails and heals", async () => {
    using client = testClient<Flags>({ NEW_CHECKOUT: true });
    client.notReady();
    expect(client.readiness).toBe("NOT_READY");
    expect(client.detail("NEW_CHECKOUT").reason).toBe("NOT_READY");
    client.fail();
    await expect(client.ready()).rejects.toMatchObject({ reason: "failed", problem: { status: 401 } });
    client.heal();
    await client.ready();
    expect(client.isEnabled("NEW_CHECKOUT")).toBe(true);
    client.fail({ code: "not_found" });
    expect(client.isEnabled("NEW_CHECKOUT")).toBe(true);
    expect(client.status).toMatchObject({ readiness: "FAILED", problem: { code: "not_found" } });
  });

  test("refuses wrong keys and values at compile time", () => {
    using client = testClient<Flags>();
    expectTypeOf(client.string("COLOUR", "red")).toEqualTypeOf<"red" | "blue">();
    // @ts-expect-error -- not one of the texts
    client.set("COLOUR", "green");
    // @ts-expect-error -- no such key
    client.set("NO_SUCH", true);
    // @ts-expect-error -- a text is no boolean
    client.update("NEW_CHECKOUT", { value: "yes" });
    // @ts-expect-error -- a boolean is no text
    testClient<Flags>({ COLOUR: true }).close();
    // @ts-expect-error -- another type of value
    const wrongValue = (): unknown => client.testUpdates().set("NEW_CHECKOUT", { value: "yes" });
    // @ts-expect-error -- no such key
    const wrongKey = (): unknown => client.testUpdates().set("NO_SUCH", { lock: true });
    expect([wrongValue, wrongKey]).toHaveLength(2);
    expect(client.keys()).toContain("NO_SUCH");
  });
});

describeEngine("a client for tests with rules", () => {
  test("evaluates them with the engine", async () => {
    using client = testClient<Flags>(
      { COLOUR: "red" },
      { engine: bytes("lean.wasm"), fullEngine: bytes("full.wasm") },
    );
    const rule = { fieldName: "userkey", type: "STRING", conditional: "EQUALS", values: ["mara"] };
    client.update("COLOUR", { strategies: [{ id: "s", value: "blue", attributes: [rule] }] });
    await client.applied();
    expect(client.context({ userkey: "mara" }).detail("COLOUR")).toMatchObject({
      value: "blue",
      strategyId: "s",
    });
    expect(client.context({ userkey: "fred" }).string("COLOUR")).toBe("red");
    client.update("COLOUR", { strategies: [] });
    expect(client.context({ userkey: "mara" }).string("COLOUR")).toBe("red");
  });
});
