import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";

import { attributesOf, deliver, publish, Repository, rulesOf, setStatus } from "../../src/repository/lib.ts";
import type { UsageEvent } from "../../src/repository/lib.ts";
import { INITIAL_STATUS } from "../../src/repository/status.ts";
import * as code from "../../src/repository/usage/observers.ts";
import { LateObservers } from "../../src/client/late_observers.ts";
import { received } from "../sequences/received.ts";

const mara = attributesOf([["userkey", "mara"]]);

/** Returns a ready repository with one feature, whose clock counts its calls, and its observers, which `load` loads. */
function serving(load: () => Promise<typeof code>): { repository: Repository; observers: LateObservers } {
  let now = 0;
  const repository = new Repository({ clock: () => ++now });
  const features = [received('{"key":"A","type":"STRING","value":"x"}')];
  const evaluated = { context: mara.map, keptFor: undefined, strategies: new Map<string, string>() };
  publish(repository, {
    rules: rulesOf(features, { kind: "unknown" }, evaluated),
    cause: "first",
  });
  setStatus(repository, { ...INITIAL_STATUS, readiness: "READY" });
  return { repository, observers: new LateObservers(repository, load) };
}

/** Returns an observer that records its events and its end. */
function recorder(): { seen: unknown[]; observer: Parameters<LateObservers["observe"]>[0] } {
  const seen: unknown[] = [];
  const observe = (event: UsageEvent): void => {
    seen.push([event.kind, event.at]);
  };
  return { seen, observer: { dispatch: "inline", observe, close: () => seen.push("closed") } };
}

test("uses before the code is loaded are reported with their times, in order, and later ones at once", async () => {
  let loaded: (module: typeof code) => void = () => undefined;
  let loads = 0;
  const { repository, observers } = serving(() => {
    loads++;
    return new Promise((resolve) => (loaded = resolve));
  });
  repository.live.read("A", "STRING", mara);
  const [first, second, removed] = [recorder(), recorder(), recorder()];
  observers.observe(first.observer, {});
  observers.observe(second.observer, {});
  observers.observe(removed.observer, {}).unsubscribe();
  repository.live.read("A", "STRING", mara);
  repository.live.read("NONE", "STRING", mara);
  deliver(repository);
  repository.live.observers?.named("sent", {}, mara.map, () => repository.live.usedFeatures(mara));
  expect([loads, first.seen]).toEqual([1, []]);
  loaded(code);
  await Promise.resolve();
  await Promise.resolve();
  const seen = [
    ["evaluated", 1],
    ["collection", 2],
    ["named", 3],
  ];
  expect([first.seen, second.seen, removed.seen]).toEqual([seen, seen, ["closed"]]);
  repository.live.read("A", "STRING", mara);
  expect(first.seen).toHaveLength(4);
  const late = recorder();
  observers.observe(late.observer, {});
  repository.live.read("A", "STRING", mara);
  expect([first.seen.length, late.seen.length]).toEqual([5, 1]);
});

test("code that cannot be loaded is loaded again by the next delivery", async () => {
  let loads = 0;
  const { repository, observers } = serving(() =>
    ++loads < 3 ? Promise.reject(new Error("offline")) : Promise.resolve(code),
  );
  const { seen, observer } = recorder();
  observers.observe(observer, {});
  repository.live.read("A", "STRING", mara);
  for (let delivery = 0; delivery < 4; delivery++) {
    await new Promise((resolve) => setImmediate(resolve));
    deliver(repository);
  }
  expect(loads).toBe(3);
  expect(seen[0]).toEqual(["evaluated", 1]);
});

test("of too many uses, the oldest are dropped and counted", async () => {
  const { repository, observers } = serving(() => Promise.resolve(code));
  const { seen, observer } = recorder();
  observers.observe(observer, {});
  for (let use = 0; use < 1_100; use++) repository.live.read("A", "STRING", mara);
  expect(repository.counters.droppedUsage).toBe(76);
  await new Promise((resolve) => setImmediate(resolve));
  expect([seen.length, seen[0]]).toEqual([1_024, ["evaluated", 77]]);
});

test("uses that were reported are not kept", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { repository, observers } = serving(() => Promise.resolve(code));
  const { seen, observer } = recorder();
  observers.observe(observer, {});
  const read = (): WeakRef<object> => {
    const attributes = attributesOf([["userkey", "mara"]]);
    repository.live.read("A", "STRING", attributes);
    return new WeakRef(attributes);
  };
  const attributes = read();
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toHaveLength(1);
  // The features keep the last context for which they were read.
  repository.live.read("A", "STRING", mara);
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(attributes.deref()).toBeUndefined();
  expect(observers.size).toBe(0);
});
