import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";

import { Client, type Readiness, type Subscription } from "../../src/index.ts";
import { partsOf } from "../../src/live_reads.ts";
import { setStatus } from "../../src/repository/lib.ts";
import { bytes, describeEngine } from "../engine/built.ts";
import { bundled } from "./bundled.ts";
import { CLIENT_KEY, feature, SERVER_KEY } from "./scripted_edge.ts";

let client: Client;
let version = 1;
afterEach(() => {
  client.close();
});

/** Returns the JSON of a feature with a rule for another user, which the engine evaluates if the client has a client-evaluated key. */
function ruled(key: string, value: string): string {
  const attributes = [{ fieldName: "userkey", type: "STRING", conditional: "EQUALS", values: ["fred"] }];
  const strategies = [{ id: "fred", value: "fred's", attributes }];
  return JSON.stringify({ ...(JSON.parse(feature(key, value, version)) as object), strategies });
}

/** Starts an offline client that serves a red colour. */
async function start(key = SERVER_KEY, catchUpdates = false): Promise<void> {
  const engines =
    key === CLIENT_KEY ? { engine: bytes("lean.wasm"), fullEngine: bytes("full.wasm") } : undefined;
  client = new Client("", key, { mode: "offline", catchUpdates, ...engines });
  client.offerFeatures("test", "environment", `[${ruled("COLOUR", "red")}]`);
  await client.ready();
}

/** Offers another colour. */
function update(colour = "blue"): void {
  version++;
  client.offerFeature("test", "environment", ruled("COLOUR", colour));
}

/** Overrides the colour with another one than before. */
function override(): void {
  client.overrides.set("COLOUR", client.string("COLOUR") === "blue" ? "green" : "blue");
}

/** Makes the client not ready, and ready again. */
function becomeReady(): void {
  const { repository } = partsOf(client);
  for (const readiness of ["NOT_READY", "READY"] as const satisfies readonly Readiness[])
    if (client.readiness !== "CLOSED") setStatus(repository, { ...repository.status, readiness });
}

/** Serves the colour that is held back, or another colour if none is. */
function change(): void {
  if (client.isHolding) client.releaseOnly(["COLOUR"]);
  else update();
}

/** Waits until the loaded engine has compiled all updates, and until their events are delivered. */
async function delivered(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await Promise.resolve();
}

/** The listeners and observers, each with what makes the client call it, also while it holds updates back. */
const KINDS: Readonly<Record<string, { on: (call: () => void) => Subscription; cause: () => void }>> = {
  onChange: { on: (call) => client.onChange("COLOUR", call), cause: change },
  "onChange of a context": {
    on: (call) => client.context({ userkey: "mara" }).onChange("COLOUR", call),
    cause: override,
  },
  "onChange of a handle": { on: (call) => client.feature("COLOUR").onChange(call), cause: change },
  onGeneration: { on: (call) => client.onGeneration(call), cause: change },
  onNewState: { on: (call) => client.onNewState(call), cause: update },
  onRaw: { on: (call) => client.onRaw(call), cause: update },
  onReadiness: { on: (call) => client.onReadiness(call), cause: becomeReady },
  onReady: { on: (call) => client.onReady(call), cause: becomeReady },
  onStatus: { on: (call) => client.onStatus(call), cause: becomeReady },
  onNotice: {
    on: (call) => client.onNotice(call),
    cause: () => {
      client.offerFeatures("test", "environment", "{");
    },
  },
  observe: { on: (observe) => client.observe({ observe }), cause: () => client.string("COLOUR") },
  "observe, inline": {
    on: (observe) => client.observe({ dispatch: "inline", observe }),
    cause: () => client.string("COLOUR"),
  },
};

/** Returns an interceptor that makes each colour blue. */
function blue() {
  return { name: "blue", intercept: () => "blue" };
}

/** Observers are loaded when the first is registered. */
async function registered(): Promise<void> {
  client.flush();
  await delivered();
}

/** The kinds of keys. With a client-evaluated one, the engine evaluates the features. */
const KEYS = [
  ["server-evaluated", SERVER_KEY, describe],
  ["client-evaluated", CLIENT_KEY, describeEngine],
] as const;

for (const [kind, key, describeKey] of KEYS)
  describeKey(`with a ${kind} key`, () => {
    describe.each(Object.entries(KINDS))("a callback of %s", (name, { on, cause }) => {
      test("that throws is counted, and the others are called", async () => {
        await start(key);
        const calls: string[] = [];
        on(() => {
          calls.push("throws");
          throw new Error("the listener's");
        });
        on(() => calls.push("second"));
        await registered();
        cause();
        await delivered();
        expect(new Set(calls)).toEqual(new Set(["throws", "second"]));
        const { listenerPanics, observerPanics } = client.status.counters;
        expect(listenerPanics + observerPanics).toBe(calls.filter((call) => call === "throws").length);
        update("green");
        await delivered();
        expect(client.string("COLOUR")).toMatch(/green|blue/);
      });

      test("may close the client", async () => {
        await start(key);
        on(() => {
          client.close();
          client.close();
        });
        await registered();
        cause();
        await client.closed();
        expect(client.readiness).toBe("CLOSED");
        expect(client.string("COLOUR")).toMatch(/red|blue/);
      });

      test("may read", async () => {
        await start(key);
        const seen: unknown[] = [];
        on(() => {
          seen.push(client.detail("COLOUR").exists, client.values().length);
        });
        await registered();
        cause();
        await delivered();
        expect(seen.slice(0, 2)).toEqual([true, 1]);
        expect(client.status.counters).toMatchObject({ listenerPanics: 0, observerPanics: 0 });
      });

      test("may subscribe", async () => {
        await start(key);
        const seen: unknown[] = [];
        let isSubscribed = false;
        on(() => {
          if (!isSubscribed) client.onNewState(({ keys }) => seen.push(...keys));
          isSubscribed = true;
        });
        await registered();
        cause();
        await delivered();
        seen.length = 0;
        update("green");
        await delivered();
        expect(seen).toEqual(["COLOUR"]);
      });

      test("may unsubscribe itself, and the others are called again", async () => {
        await start(key);
        const calls = { first: 0, second: 0 };
        const first = on(() => {
          calls.first++;
          first.unsubscribe();
        });
        on(() => calls.second++);
        await registered();
        cause();
        await delivered();
        const { second } = calls;
        expect(calls).toEqual({ first: 1, second });
        update("green");
        await delivered();
        cause();
        await delivered();
        expect(calls.first).toBe(1);
        expect(calls.second).toBeGreaterThan(second);
      });

      test("may release held updates", async () => {
        await start(key, true);
        client.offerFeatures("test", "environment", `[${ruled("COLOUR", "red")},${ruled("SIZE", "small")}]`);
        client.release();
        await delivered();
        on(() => {
          client.release();
        });
        await registered();
        version++;
        client.offerFeature("test", "environment", ruled("SIZE", "large"));
        update("green");
        await delivered();
        // These two are also called for the held updates.
        expect(client.isHolding || name === "onNewState" || name === "onRaw").toBe(true);
        cause();
        await delivered();
        // With an engine, a raw update is delivered before it is held back.
        expect([client.string("SIZE"), client.heldKeys().includes("SIZE")]).toEqual(["large", false]);
      });
    });
  });

test.each(["onNewState", "onRaw"] as const)("listeners for values see what %s released", async (name) => {
  await start(SERVER_KEY, true);
  const seen: unknown[] = [];
  client.onChange("COLOUR", (change) => seen.push(change.new));
  KINDS[name]!.on(() => {
    client.release();
  });
  update();
  expect(client.string("COLOUR")).toBe("red");
  await delivered();
  expect([client.string("COLOUR"), client.isHolding, seen]).toEqual(["blue", false, ["blue"]]);
});

describe("an interceptor", () => {
  test("that throws is passed over and reported once", async () => {
    const notices: string[] = [];
    await start();
    client.onNotice(({ kind }) => notices.push(kind));
    client.intercept({
      name: "broken",
      intercept: () => {
        throw new Error("the interceptor's");
      },
    });
    client.intercept(blue());
    expect([client.string("COLOUR"), client.string("COLOUR")]).toEqual(["blue", "blue"]);
    await delivered();
    expect(notices).toEqual(["interceptor_panicked"]);
    expect(client.status.counters.interceptorPanics).toBeGreaterThanOrEqual(2);
  });

  test("may close the client, unsubscribe itself, subscribe and read", async () => {
    await start();
    client.offerFeature("test", "environment", feature("SIZE", "small"));
    const seen: unknown[] = [];
    const itself = client.intercept({
      name: "everything",
      intercept: ({ key }) => {
        if (key !== "COLOUR") return undefined;
        itself.unsubscribe();
        seen.push(client.string("SIZE"));
        client.intercept(blue());
        client.close();
        return "green";
      },
    });
    expect(client.string("COLOUR")).toBe("green");
    await client.closed();
    expect([seen[0], client.readiness]).toEqual(["small", "CLOSED"]);
  });
});

test("a program goes on after the failures of its asynchronous callbacks and of its storage", async () => {
  const program = await bundled(`
    import { Client } from "fh-client";
    const reject = async () => { throw new Error("the program's"); };
    const kinds = new Set();
    const client = new Client("http://127.0.0.1:1", "environment/secret", {
      storage: { getItem: reject, setItem: reject, removeItem: reject },
      onNotice: ({ kind }) => kinds.add(kind),
    });
    client.onChange("COLOUR", reject);
    client.observe({ dispatch: "inline", observe: reject });
    client.offerFeatures("test", "environment", '[{"id":"1","key":"COLOUR","type":"STRING","version":1,"value":"red"}]');
    client.string("COLOUR");
    client.intercept({ name: "its", intercept: reject });
    client.string("COLOUR");
    setTimeout(async () => {
      await client.setStorage(null);
      const { listenerPanics, observerPanics, interceptorPanics } = client.status.counters;
      console.log([...kinds].sort().join(), listenerPanics > 0, observerPanics > 0, interceptorPanics > 0);
      process.exit();
    });
  `);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    expect(stdout).toBe(
      "callback_threw,interceptor_panicked,override_refused,store_ignored true true true\n",
    );
  } finally {
    await rm(dirname(program), { recursive: true });
  }
});
