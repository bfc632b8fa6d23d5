import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";

import { Client, type Subscription } from "../../src/index.ts";
import { bundled } from "./bundled.ts";
import { feature, SERVER_KEY } from "./scripted_edge.ts";

let client: Client;
let version = 1;
afterEach(() => {
  client.close();
});

/** Starts an offline client that serves a red colour. */
function start(catchUpdates = false): void {
  client = new Client("", SERVER_KEY, { mode: "offline", catchUpdates });
  client.offerFeatures("test", "environment", `[${feature("COLOUR", "red")}]`);
}

/** Offers another colour. */
function update(colour = "blue"): void {
  client.offerFeature("test", "environment", feature("COLOUR", colour, ++version));
}

/** Waits until the events of all updates are delivered. */
async function delivered(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
}

/** The listeners and observers, each with what makes the client call it. */
const KINDS: Readonly<Record<string, { on: (call: () => void) => Subscription; cause: () => void }>> = {
  onChange: { on: (call) => client.onChange("COLOUR", call), cause: update },
  "onChange of a context": {
    on: (call) => client.context({ userkey: "mara" }).onChange("COLOUR", call),
    cause: () => client.intercept(blue()),
  },
  "onChange of a handle": { on: (call) => client.feature("COLOUR").onChange(call), cause: update },
  onGeneration: { on: (call) => client.onGeneration(call), cause: update },
  onNewState: { on: (call) => client.onNewState(call), cause: update },
  onRaw: { on: (call) => client.onRaw(call), cause: update },
  onReadiness: { on: (call) => client.onReadiness(call), cause: () => undefined },
  onReady: { on: (call) => client.onReady(call), cause: () => undefined },
  onStatus: { on: (call) => client.onStatus(call), cause: () => undefined },
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

/** Kinds whose listeners are called again by the same cause. */
const AGAIN = Object.entries(KINDS).filter(([name]) => !/^on(Read|Status)|a context/.test(name));

/** Returns an interceptor that makes each colour blue. */
function blue() {
  return { name: "blue", intercept: () => "blue" };
}

/** Observers are loaded when the first is registered. */
async function registered(): Promise<void> {
  client.flush();
  await delivered();
}

describe.each(Object.entries(KINDS))("a callback of %s", (_name, { on, cause }) => {
  test("that throws is counted, and the others are called", async () => {
    start();
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
    expect(client.string("COLOUR")).toMatch(/green|blue/);
  });

  test("may close the client", async () => {
    start();
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
    start();
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
    start();
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
});

describe.each(AGAIN)("a callback of %s", (_name, { on, cause }) => {
  test("may unsubscribe itself, and the others are called again", async () => {
    start();
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
});

test.each(["onNewState", "onRaw"] as const)("a callback of %s may release held updates", async (name) => {
  start(true);
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
    start();
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
    start();
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

test("an unhandled rejection of a listener stays the program's", async () => {
  const program = await bundled(`
    import { Client } from "fh-client";
    process.on("unhandledRejection", (error) => console.log("rejected:", error.message));
    const client = new Client("", "environment/secret", { mode: "offline" });
    client.onChange("COLOUR", async () => { throw new Error("the program's"); });
    client.offerFeatures("test", "environment", '[{"id":"1","key":"COLOUR","type":"STRING","version":1,"value":"red"}]');
    setTimeout(() => console.log(client.string("COLOUR"), client.status.counters.listenerPanics));
  `);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    expect(stdout).toBe("rejected: the program's\nred 0\n");
  } finally {
    await rm(dirname(program), { recursive: true });
  }
});
