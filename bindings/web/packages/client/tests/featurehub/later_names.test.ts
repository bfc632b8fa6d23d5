// The names of 2.x that 1.4.0 lacks, with the effect of each.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import * as layer from "../../src/featurehub/index.ts";
import { type TestEdge, testEdge } from "../../src/testing/index.ts";
import { until } from "./program_tools.ts";

const { DefaultUsagePlugin, EdgeFeatureHubConfig, EdgeType, FeatureHub, Readyness } = layer;
interface Flags {
  COLOUR: string;
  ON: boolean;
}
let edge: TestEdge<Flags>;
let config: layer.EdgeFeatureHubConfig;

beforeEach(() => {
  edge = testEdge<Flags>({ COLOUR: "red", ON: true });
  vi.stubGlobal("fetch", edge.fetch);
  config = new EdgeFeatureHubConfig(edge.url, edge.serverKey);
});
afterEach(() => {
  config.closeEdge();
  vi.unstubAllGlobals();
});

/** Returns the number of polls that a configuration's key has caused. */
function polls(key: string): number {
  return edge.requests.filter(({ url }) => url.searchParams.get("apiKey") === key).length;
}

/** A plugin that keeps its events. */
class Kept extends DefaultUsagePlugin {
  readonly events: unknown[][] = [];
  override readonly defaultPluginAttributes = { app: "shop" };

  send(event: layer.UsageEvent): void {
    this.events.push([event.eventName, event.userKey, event.collectUsageRecord()]);
  }
}

/** Returns an interceptor over a page without entries. */
function interceptor(): layer.LocalSessionInterceptor {
  return new layer.LocalSessionInterceptor({} as unknown as Window);
}

describe("a configuration", () => {
  test("polls all the time with restActive, and only when a feature is read with restPassive", async () => {
    const passive = new EdgeFeatureHubConfig(edge.url, "test/passive-key").restPassive(10);
    expect([passive.edgeType, passive.edgeSupplierTimeout]).toEqual([EdgeType.REST_PASSIVE, 10]);
    expect(config.restActive(10).edgeType).toBe(EdgeType.REST_ACTIVE);
    expect(config.featureUrl()).toBe("https://edge.test/features?apiKey=test%2Fserver-key");
    expect(await config.waitForReady()).toBe(Readyness.Ready);
    expect(await passive.waitForReady()).toBe(Readyness.Ready);
    const before = polls(edge.serverKey);
    await until(() => polls(edge.serverKey) > before + 2);
    expect(polls("test/passive-key")).toBe(1);
    edge.set("COLOUR", "green");
    await until(() => passive.feature("COLOUR").str === "green");
    await until(() => config.feature("COLOUR").str === "green");
    expect(polls("test/passive-key")).toBeGreaterThan(1);
    expect(edge.streams).toBe(0);
    passive.forceClose();
  });

  test("has 180 seconds between polls without an interval, and opens a stream with streaming", async () => {
    expect(config.restActive().edgeSupplierTimeout).toBe(180_000);
    expect(config.restPassive().edgeSupplierTimeout).toBe(180_000);
    expect(config.streaming().edgeType).toBe(EdgeType.STREAMING);
    expect(config.featureUrl()).toBe("https://edge.test/features/test/server-key");
    await config.waitForReady();
    expect(edge.streams).toBe(1);
  });

  test("waits for the features, and returns the readiness if none arrive", async () => {
    edge.fail("unreachable");
    expect(await config.waitForReady(1)).toBe(Readyness.NotReady);
    config.closeEdge();
    edge.heal();
    expect(await config.waitForReady()).toBe(Readyness.Ready);
    expect(config.feature("COLOUR").str).toBe("red");
  });

  test("opens again after closeEdge and after close", async () => {
    await config.waitForReady();
    config.closeEdge();
    expect([edge.streams, config.initialized, config.isClosed]).toEqual([0, false, false]);
    expect(config.repository().getString("COLOUR")).toBe("red");
    await config.waitForReady();
    expect(edge.streams).toBe(1);
    config.close();
    expect([edge.streams, config.isClosed]).toEqual([0, true]);
    await config.waitForReady();
    expect([edge.streams, config.isClosed]).toEqual([1, false]);
  });

  test("makes a context with attributes, to which others can be added", async () => {
    const context = config.context({ userKey: "mara", tags: ["x", "y"] });
    context.attributes = { plan: "gold", age: 3 };
    expect(context.attributes).toEqual({ userkey: "mara", tags: ["x", "y"], plan: "gold", age: "3" });
    context.attributes = { tags: undefined };
    expect(context.getAttrs("tags")).toEqual([]);
    await context.build();
    expect(edge.requests[0]?.headers.get("x-featurehub")).toBe("age=3,plan=gold,userkey=mara");
  });

  test("has the id of the environment, and refuses another one, and another kind of key", () => {
    expect(config.environmentId).toBe("test");
    expect(() => (config.environmentId = "other")).toThrow("no environmentId: use Client.offline");
    expect(() => (config.isClientEvaluated = true)).toThrow("no isClientEvaluated: the kind of the API key");
    expect(() => new EdgeFeatureHubConfig(undefined, undefined)).toThrow("use Client.offline");
  });
});

describe("reports of uses", () => {
  test("reach plugins, with the attributes of the plugin, of the event and of the context", async () => {
    const plugin = new Kept();
    expect(plugin.canSendAsync).toBe(true);
    expect(config.addUsagePlugin(plugin)).toBe(config);
    const context = await config.newContext().userKey("mara").build();
    context.recordNamedUsage("bought", { price: 3 });
    await until(() => plugin.events.some(([name]) => name === "bought"));
    const record = { app: "shop", price: 3, COLOUR: "red", ON: "on", userkey: "mara" };
    expect(plugin.events.find(([name]) => name === "bought")).toEqual(["bought", "mara", record]);
    context.recordUsageEvent({ eventName: "paid", collectUsageRecord: () => ({ with: "card" }) });
    context.recordUsageEvent({ collectUsageRecord: () => ({}) });
    await until(() => plugin.events.some(([name]) => name === "event"));
    const paid = { app: "shop", with: "card", COLOUR: "red", ON: "on", userkey: "mara" };
    expect(plugin.events.find(([name]) => name === "paid")).toEqual(["paid", "mara", paid]);
  });

  test("reach a plugin that is not sent to asynchronously before the read returns", async () => {
    const plugin = new Kept();
    plugin.canSendAsync = false;
    config.registerUsagePlugin(plugin);
    await config.waitForReady();
    const repository = config.repository();
    repository.getString("COLOUR");
    // The part of the client that reports uses is loaded when it is first needed.
    await until(() => plugin.events.some(([name]) => name === "feature"));
    const before = plugin.events.length;
    repository.getString("COLOUR");
    expect(plugin.events.length).toBe(before + 1);
  });

  test("reach the functions of registerUsageStream until they are removed, but for untrackedValue", async () => {
    const seen: [name: string | undefined, feature: unknown][] = [];
    const repository = config.repository();
    const handle = repository.registerUsageStream((event) => {
      seen.push([event.eventName, event.collectUsageRecord()["feature"]]);
    });
    await config.waitForReady();
    const [colour, on] = [repository.feature("COLOUR"), repository.feature("ON")];
    expect(on.untrackedValue).toBe(true);
    expect(colour.value).toBe("red");
    await until(() => seen.some(([name]) => name === "feature"));
    expect(seen).toContainEqual(["feature", "COLOUR"]);
    expect(seen).not.toContainEqual(["feature", "ON"]);
    repository.removeUsageStream(handle);
    const before = seen.length;
    expect(colour.value).toBe("red");
    expect(seen).toHaveLength(before);
  });
});

describe("a repository", () => {
  test("passes updates to raw listeners as they came", async () => {
    const calls: unknown[] = [];
    const listener: layer.RawUpdateFeatureListener = {
      processUpdates: (features) =>
        calls.push(["all", features.map(({ key, environmentId }) => [key, environmentId])]),
      processUpdate: ({ key, value }) => calls.push(["one", key, value]),
      deleteFeature: ({ key }) => calls.push(["deleted", key]),
    };
    config.registerRawUpdateFeatureListener(listener);
    const second: string[] = [];
    const repository = config.repository();
    const handle = repository.registerRawUpdateFeatureListener({
      processUpdates: (_features, source) => second.push(source),
      processUpdate: () => second.push("one"),
      deleteFeature: () => second.push("deleted"),
    });
    await config.waitForReady();
    await until(() => second.length === 1);
    repository.removeRawUpdateFeatureListener(handle);
    edge.set("COLOUR", "green");
    edge.delete("ON");
    await until(() => calls.length === 3);
    const all = [
      ["COLOUR", "test"],
      ["ON", "test"],
    ];
    expect(calls).toEqual([
      ["all", all],
      ["one", "COLOUR", "green"],
      ["deleted", "ON"],
    ]);
    expect(second).toEqual(["streaming"]);
  });

  test("has the keys of the features that exist, and the ids of a feature", async () => {
    const repository = config.repository();
    repository.feature("MISSING");
    await config.waitForReady();
    expect(repository.featureKeys).toEqual(["COLOUR", "ON"]);
    expect(repository.serverProvidedFeatureKeys).toEqual(["COLOUR", "ON"]);
    const feature = repository.feature("COLOUR");
    expect(feature).toBeInstanceOf(layer.FeatureStateBaseHolder);
    expect([typeof feature.id, feature.environmentId]).toEqual(["string", "test"]);
    expect([repository.feature("MISSING").id, repository.feature("MISSING").environmentId]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

test("the static class has a configuration and a context, which are set together or apart", () => {
  expect(FeatureHub.isCompletelyConfigured()).toBe(false);
  expect(FeatureHub.setConfig(config)).toBe(config);
  expect([FeatureHub.isConfigSet(), FeatureHub.isContextSet()]).toEqual([true, false]);
  const context = config.newContext();
  FeatureHub.setContext(context);
  expect([FeatureHub.isCompletelyConfigured(), FeatureHub.context]).toEqual([true, context]);
  const other = new EdgeFeatureHubConfig(edge.url, edge.clientKey);
  const mara = FeatureHub.setWithContext(other, { userkey: "mara" });
  expect([FeatureHub.config, FeatureHub.context]).toEqual([other, mara]);
  expect(config.isClosed).toBe(true);
  FeatureHub.close();
  FeatureHub.setContext(undefined);
  expect([other.isClosed, FeatureHub.isContextSet()]).toEqual([true, false]);
  FeatureHub.setConfig(undefined);
  expect(FeatureHub.isConfigSet()).toBe(false);
});

test.each(
  Object.entries({
    ConfigurationClosedError: () => new layer.ConfigurationClosedError(),
    FeatureHubNetwork: () => new layer.FeatureHubNetwork(),
    BaseUsageEvent: () => new layer.BaseUsageEvent(),
    BaseUsageEventWithFeature: () => new layer.BaseUsageEventWithFeature(),
    BaseUsageFeaturesCollection: () => new layer.BaseUsageFeaturesCollection(),
    BaseUsageFeaturesCollectionContext: () => new layer.BaseUsageFeaturesCollectionContext(),
    BaseUsageNamedFeaturesCollection: () => new layer.BaseUsageNamedFeaturesCollection(),
    UsageValue: () => new layer.UsageValue(),
    DefaultUsageProvider: () => new layer.DefaultUsageProvider(),
    setUsageConvertFunction: () => layer.setUsageConvertFunction(),
    LocalSessionStore: () => new layer.LocalSessionStore(),
    getContextUsage: () => config.newContext().getContextUsage(),
    used: () => config.newContext().used(),
    "used of a repository": () => config.repository().used(),
    "recordUsageEvent of a repository": () => config.repository().recordUsageEvent(),
    usageProvider: () => config.repository().usageProvider,
    setUrl: () => interceptor().setUrl(),
    setFeatureValue: () => interceptor().setFeatureValue(),
    setFeatureState: () => config.repository().feature("COLOUR").setFeatureState(),
  }),
)("%s throws an error that names the replacement", (name, use) => {
  expect(use).toThrow(`fh-client/featurehub has no ${name.replace(/^used .*/, "used")}: `);
});
