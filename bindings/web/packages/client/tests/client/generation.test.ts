import { afterEach, expect, test } from "vitest";

import { Client } from "../../src/index.ts";
import { feature, ScriptedEdge, SERVER_KEY } from "./scripted_edge.ts";

const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

test("a listener of the generation is called after updates and overrides, and once for changes that are delivered together", async () => {
  const client = new Client("", SERVER_KEY, { mode: "offline" });
  clients.push(client);
  const seen: [number, unknown][] = [];
  const watch = client.onGeneration((generation) => seen.push([generation, client.string("COLOUR")]));
  await Promise.resolve();
  expect(seen).toEqual([]);
  client.offerFeatures("test", "environment", `[${feature("COLOUR", "red")}]`);
  client.offerFeature("test", "environment", feature("COLOUR", "blue", 2));
  await Promise.resolve();
  expect(seen).toEqual([[client.snapshot().generation, "blue"]]);
  client.overridesChanged();
  await Promise.resolve();
  expect(seen).toHaveLength(2);
  expect(seen[1]?.[0]).toBe(client.snapshot().generation);
  watch.unsubscribe();
  client.overridesChanged();
  await Promise.resolve();
  expect(seen).toHaveLength(2);
});

test("a listener of the generation is called when features stop having values for a context", async () => {
  await using edge = await ScriptedEdge.start();
  const client = new Client(edge.url, SERVER_KEY, { context: { userkey: "mara" } });
  clients.push(client);
  const mara = client.context({ userkey: "mara" });
  const seen: unknown[] = [];
  mara.onGeneration(() => {
    seen.push(mara.string("COLOUR"));
  });
  await edge.stream(feature("COLOUR", "red"));
  await client.ready();
  const fred = client.setContext({ userkey: "fred" });
  await edge.stream(feature("COLOUR", "red"));
  expect((await fred).string("COLOUR")).toBe("red");
  await client.statusWhen(({ readiness }) => readiness === "READY");
  await Promise.resolve();
  expect([seen.at(0), seen.at(-1)]).toEqual(["red", undefined]);
});
