import { afterEach, describe, expect, test } from "vitest";

import { Client, type ClientOptions } from "../../src/index.ts";
import { testEdge } from "../../src/testing/index.ts";
import { bytes, describeEngine } from "../engine/built.ts";

interface Flags {
  readonly NEW_CHECKOUT: boolean;
  readonly COLOUR: "red" | "blue";
}

const DELAYS = { initial: 0.01, cap: 0.02, jitter: 0 };
const FAST: ClientOptions = { backoff: DELAYS, backoffWhenRefused: DELAYS, pace: 0.01, returnWithin: [0, 0] };
const clients: Client<Flags>[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.close();
    await client.closed();
  }
});

async function start(
  edge: ReturnType<typeof testEdge<Flags>>,
  key: string,
  options: ClientOptions = {},
): Promise<Client<Flags>> {
  const client = new Client<Flags>(edge.url, key, { ...FAST, fetch: edge.fetch, ...options });
  clients.push(client);
  await client.ready();
  return client;
}

describe("an Edge for tests", () => {
  test("streams changes to a client with a server-evaluated key, and ends the stream with the client", async () => {
    const edge = testEdge<Flags>({ NEW_CHECKOUT: true });
    const client = await start(edge, edge.serverKey, { context: { userkey: "mara" } });
    expect(client.isEnabled("NEW_CHECKOUT")).toBe(true);
    expect(edge.requests[0]?.headers.get("x-featurehub")).toBe("userkey=mara");
    edge.set("NEW_CHECKOUT", false);
    await client.statusWhen(() => !client.isEnabled("NEW_CHECKOUT"));
    edge.update("COLOUR", { value: "blue", locked: true });
    await client.statusWhen(() => client.detail("COLOUR").isLocked);
    edge.delete("COLOUR");
    await client.statusWhen(() => !client.exists("COLOUR"));
    expect(edge.streams).toBe(1);
    client.close();
    await client.closed();
    expect(edge.streams).toBe(0);
  });

  test("answers polls, and repeats nothing that the client has", async () => {
    const edge = testEdge<Flags>({ COLOUR: "red" });
    const client = await start(edge, edge.serverKey, { mode: "polling", interval: 3600 });
    await client.refresh();
    expect(edge.requests.map(({ headers }) => headers.get("if-none-match"))).toEqual([null, '"0"']);
    edge.set("COLOUR", "blue");
    await client.refresh();
    expect(client.string("COLOUR")).toBe("blue");
    expect(edge.streams).toBe(0);
  });

  test("refuses, cannot be reached, and heals", async () => {
    const edge = testEdge<Flags>({ COLOUR: "red" });
    const client = await start(edge, edge.serverKey);
    edge.fail(401);
    await client.statusWhen(({ problem }) => problem?.code === "unauthorised");
    edge.fail("unreachable");
    await client.statusWhen(({ problem }) => problem?.code === "unreachable");
    edge.fail();
    await client.statusWhen(({ problem }) => problem?.code === "server_error");
    expect(client.string("COLOUR")).toBe("red");
    edge.set("COLOUR", "blue");
    edge.heal();
    await client.statusWhen(() => client.string("COLOUR") === "blue");
  });
});

describeEngine("an Edge for tests, with rules", () => {
  test("sends strategies to a client-evaluated key only", async () => {
    const edge = testEdge<Flags>({ COLOUR: "red" });
    const attributes = [{ fieldName: "country", type: "STRING", conditional: "EQUALS", values: ["nz"] }];
    edge.update("COLOUR", { strategies: [{ id: "s", value: "blue", attributes }] });
    for (const options of [{}, { mode: "polling", interval: 3600 }] as const) {
      const client = await start(edge, edge.clientKey, { ...options, engine: bytes("lean.wasm") });
      expect(client.context({ country: "nz" }).string("COLOUR")).toBe("blue");
      expect(client.context({ country: "nl" }).string("COLOUR")).toBe("red");
      const served = await start(edge, edge.serverKey, { ...options, context: { country: "nz" } });
      expect(served.string("COLOUR")).toBe("red");
    }
    const polled = await edge.fetch(`${edge.url}/features?apiKey=${edge.serverKey}`);
    expect(await polled.text()).not.toContain("strategies");
    const reader = (await edge.fetch(`${edge.url}/features/${edge.serverKey}`)).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).not.toContain("strategies");
  });
});
