import { expect, test } from "vitest";

import { edge, start } from "./edge_of_each_test.ts";
import { offline } from "./offline.ts";
import { feature } from "./scripted_edge.ts";

test("a listener of the generation is called after updates and overrides, and once for changes that are delivered together", async () => {
  const client = offline();
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
  const client = start({ context: { userkey: "mara" } });
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

test("streams of changes get merged changes, until the signal or the client ends it", async () => {
  const client = offline([feature("COLOUR", "red")]);
  const stop = new AbortController();
  const [changes, stopped] = [client.changes("COLOUR"), client.changes("COLOUR", { signal: stop.signal })];
  for (const [version, colour] of ["blue", "green"].entries()) {
    client.offerFeature("test", "environment", feature("COLOUR", colour, version + 2));
    await Promise.resolve();
  }
  expect((await changes.next()).value).toMatchObject({ old: "red", new: "green" });
  const waiting = changes.next();
  client.offerFeature("test", "environment", feature("COLOUR", "red", 4));
  expect((await waiting).value).toMatchObject({ old: "green", new: "red" });
  stop.abort();
  client.offerFeature("test", "environment", feature("COLOUR", "blue", 5));
  // The value was red again when the signal was aborted.
  expect(await stopped.next()).toEqual({ done: true, value: undefined });
  client.close();
  expect((await changes.next()).value).toMatchObject({ old: "red", new: "blue" });
  expect(await changes.next()).toEqual({ done: true, value: undefined });
});
