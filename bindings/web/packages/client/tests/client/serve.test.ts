import { afterAll, beforeAll, expect, test } from "vitest";

import { Client } from "../../src/index.ts";
import { CLIENT_KEY, describeServe, Served, SERVER_KEY, state } from "./serve.ts";

interface Flags {
  readonly NEW_CHECKOUT: boolean;
  readonly COLOUR: string;
  readonly PRICE: number;
  readonly LIMITS: { readonly perDay: number };
}

describeServe("a client of fh serve", () => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(async () => {
    await served[Symbol.asyncDispose]();
  });

  test("with a client-evaluated key evaluates the rules for each context", async () => {
    using client = new Client<Flags>(served.url, CLIENT_KEY);
    expect(client.isReady).toBe(false);
    expect(client.string("COLOUR", "none")).toBe("none");
    await client.ready();
    const mara = client.context({ userkey: "mara" });
    expect(mara.string("COLOUR")).toBe("blue");
    expect(client.context({ userkey: "fred" }).string("COLOUR")).toBe("red");
    expect(mara.isEnabled("NEW_CHECKOUT")).toBe(true);
    expect(mara.number("PRICE")).toBe(7.5);
    expect(mara.decimal("PRICE")).toBe("7.50");
    expect(mara.json("LIMITS")).toEqual({ perDay: 3 });
    expect(mara.detail("COLOUR")).toMatchObject({
      value: "blue",
      reason: "STRATEGY_MATCH",
      strategyId: "mara",
    });
    expect(client.status).toMatchObject({ connection: "streaming", problem: undefined, features: 4 });
  });

  test("with a server-evaluated key serves the values for the context that was set last", async () => {
    using client = new Client<Flags>(served.url, SERVER_KEY, { context: { userkey: "fred" } });
    await client.ready();
    expect(client.string("COLOUR")).toBe("red");
    const mara = client.context({ userkey: "mara" });
    expect(mara.detail("COLOUR").reason).toBe("OTHER_CONTEXT");
    expect(await mara.activate()).toBe(mara);
    expect(mara.string("COLOUR")).toBe("blue");
    expect(client.context({ userkey: "fred" }).detail("COLOUR").reason).toBe("OTHER_CONTEXT");
  });

  test("notifies listeners and iterators of a change on the stream", async () => {
    using client = new Client<Flags>(served.url, CLIENT_KEY);
    await client.ready();
    const changes = client.changes("COLOUR");
    const change = new Promise((resolve) => client.onChange("COLOUR", resolve));
    await served.change(state("green"));
    expect(await change).toMatchObject({ key: "COLOUR", old: "red", new: "green" });
    expect(await changes.next()).toMatchObject({ done: false, value: { old: "red", new: "green" } });
    client.close();
    expect(await changes.next()).toEqual({ done: true, value: undefined });
    expect(client.string("COLOUR")).toBe("green");
    expect(client.readiness).toBe("CLOSED");
    await served.change(state("red"));
  });
});
