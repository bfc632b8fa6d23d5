import { ErrorCode, OpenFeature, ProviderEvents, ProviderStatus } from "@openfeature/web-sdk";
import type { Client, ClientOptions } from "fh-client";
import { afterEach, describe, expect, test } from "vitest";

import { becomes, eventually } from "../../client/tests/eventually.ts";
import { FeatureHubWebProvider } from "../src/web.ts";
import {
  AT_ONCE,
  clientOf,
  CLIENT_KEY,
  edgeWith,
  evaluatingEdge,
  feature,
  FEATURES,
  type FetchEdge,
  OUTAGES,
  SERVER_KEY,
} from "./features.ts";

afterEach(async () => {
  await OpenFeature.clearContexts();
  await OpenFeature.clearProviders();
  OpenFeature.clearHandlers();
});

/** Waits until the timers that are due have run, by which the provider reports a status. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Records the events of OpenFeature, without their data. */
function record(): ProviderEvents[] {
  const events: ProviderEvents[] = [];
  for (const event of Object.values(ProviderEvents)) OpenFeature.addHandler(event, () => events.push(event));
  return events;
}

test("with a client-evaluated key, the context of OpenFeature decides at once", async () => {
  const provider = new FeatureHubWebProvider(clientOf(edgeWith(...FEATURES), CLIENT_KEY));
  await OpenFeature.setContext({ targetingKey: "fred" });
  await OpenFeature.setProviderAndWait(provider);
  const flags = OpenFeature.getClient();
  const events = record();
  expect(flags.getBooleanDetails("FLAG", false)).toMatchObject({
    value: true,
    reason: "SPLIT",
    variant: "all",
  });
  await OpenFeature.setContext({ country: "fiji" });
  expect(flags.getBooleanDetails("FLAG", false)).toMatchObject({ value: false, reason: "DEFAULT" });
  expect(flags.getStringValue("TEXT", "")).toBe("hello");
  expect(flags.getNumberValue("FRACTION", 0)).toBe(7.5);
  expect(flags.getObjectValue("THEME", {})).toMatchObject({ colour: "red" });
  expect(flags.getBooleanDetails("NONE", true)).toMatchObject({
    value: true,
    errorCode: ErrorCode.FLAG_NOT_FOUND,
  });
  expect(events).not.toContain(ProviderEvents.Reconciling);
  const named = new FeatureHubWebProvider(provider.client, { name: "next" });
  expect([provider, named].map(({ metadata }) => metadata.name)).toEqual(["featurehub", "next"]);
});

test("with a server-evaluated key, the Edge evaluates the features for each context of OpenFeature", async () => {
  const edge = evaluatingEdge();
  await OpenFeature.setContext({ targetingKey: "fred" });
  await OpenFeature.setProviderAndWait(new FeatureHubWebProvider(clientOf(edge, SERVER_KEY)));
  const flags = OpenFeature.getClient();
  const events = record();
  events.length = 0;
  expect(flags.getStringValue("COLOUR", "")).toBe("userkey=fred");
  await OpenFeature.setContext({ targetingKey: "mara" });
  expect(flags.getStringValue("COLOUR", "")).toBe("userkey=mara");
  await OpenFeature.setContext({});
  expect(flags.getStringValue("COLOUR", "")).toBe("none");
  const change = [ProviderEvents.Reconciling, ProviderEvents.ContextChanged];
  expect(events).toEqual([...change, ...change]);
  expect(flags.providerStatus).toBe(ProviderStatus.READY);
});

test("without attributes, the provider keeps the context that the program has set", async () => {
  const client = clientOf(evaluatingEdge(), SERVER_KEY, { context: { userkey: "own" } });
  await OpenFeature.setProviderAndWait(new FeatureHubWebProvider(client));
  expect(OpenFeature.getClient().getStringValue("COLOUR", "")).toBe("userkey=own");
});

test("quick changes of the context end with the last one, and without an error", async () => {
  const edge = evaluatingEdge();
  await OpenFeature.setProviderAndWait(new FeatureHubWebProvider(clientOf(edge, SERVER_KEY)));
  const events = record();
  events.length = 0;
  await Promise.all(["a", "b", "c"].map((targetingKey) => OpenFeature.setContext({ targetingKey })));
  expect(OpenFeature.getClient().getStringValue("COLOUR", "")).toBe("userkey=c");
  expect(events).not.toContain(ProviderEvents.Error);
  expect(OpenFeature.getClient().providerStatus).toBe(ProviderStatus.READY);
});

test("an Edge that refuses the client makes the provider an error, until it has features", async () => {
  const edge = edgeWith(...FEATURES);
  edge.refusal = 404;
  const client = clientOf(edge, CLIENT_KEY);
  const events = record();
  await expect(OpenFeature.setProviderAndWait(new FeatureHubWebProvider(client))).rejects.toThrow();
  const flags = OpenFeature.getClient();
  expect(flags.getBooleanDetails("FLAG", false).errorCode).toBe(ErrorCode.PROVIDER_NOT_READY);
  edge.refusal = undefined;
  await client.refresh();
  await becomes(() => flags.providerStatus, ProviderStatus.READY);
  edge.streams[0]!.feature(feature("TEXT", "changed", 2));
  await becomes(
    () => events,
    [ProviderEvents.Error, ProviderEvents.Ready, ProviderEvents.ConfigurationChanged],
  );
});

describe.each(OUTAGES)("while the Edge is away (%s), a change of the context", (outage) => {
  const flags = OpenFeature.getClient();
  const colour = (): string => flags.getStringValue("COLOUR", "default");

  /** Returns an Edge that is away after Fred's features, a client with these options, and the events from then on. */
  async function begin(
    options: ClientOptions = {},
    timeoutMs?: number,
  ): Promise<{ edge: FetchEdge; client: Client; events: ProviderEvents[] }> {
    const edge = evaluatingEdge();
    const client = clientOf(edge, SERVER_KEY, { ...AT_ONCE, ...options });
    await OpenFeature.setContext({ targetingKey: "fred" });
    const provider = new FeatureHubWebProvider(client, timeoutMs === undefined ? {} : { timeoutMs });
    await OpenFeature.setProviderAndWait(provider);
    edge.refusal = outage;
    const events = record();
    events.length = 0;
    return { edge, client, events };
  }

  test("waits, and succeeds once the Edge is back", async () => {
    const { edge, client, events } = await begin();
    const change = OpenFeature.setContext({ targetingKey: "mara" });
    await client.statusWhen(({ attempts }) => attempts > 1);
    expect([flags.providerStatus, colour()]).toEqual([ProviderStatus.RECONCILING, "default"]);
    edge.refusal = undefined;
    await change;
    expect([flags.providerStatus, colour()]).toEqual([ProviderStatus.READY, "userkey=mara"]);
    await nextTask();
    expect(events).toEqual([ProviderEvents.Reconciling, ProviderEvents.ContextChanged]);
  });

  test("is an error after the time limit, and the provider is ready once the Edge is back", async () => {
    const { edge, events } = await begin({}, 50);
    await OpenFeature.setContext({ targetingKey: "mara" });
    expect([flags.providerStatus, colour()]).toEqual([ProviderStatus.ERROR, "default"]);
    edge.refusal = undefined;
    await becomes(() => flags.providerStatus, ProviderStatus.READY);
    expect(colour()).toBe("userkey=mara");
    const { Reconciling, Error, Ready } = ProviderEvents;
    expect(events).toEqual([Reconciling, Error, Ready]);
  });

  test("that failed is no error any more after the next one", async () => {
    const { edge, events } = await begin({}, 50);
    await OpenFeature.setContext({ targetingKey: "mara" });
    edge.refusal = undefined;
    await OpenFeature.setContext({ targetingKey: "kim" });
    await nextTask();
    expect([flags.providerStatus, colour()]).toEqual([ProviderStatus.READY, "userkey=kim"]);
    const { Reconciling, Error, ContextChanged } = ProviderEvents;
    expect(events).toEqual([Reconciling, Error, Reconciling, ContextChanged]);
  });

  test("that a newer one replaces is no error", async () => {
    const { edge, client, events } = await begin();
    const changes = [OpenFeature.setContext({ targetingKey: "mara" })];
    await client.statusWhen(({ attempts }) => attempts > 1);
    changes.push(OpenFeature.setContext({ targetingKey: "kim" }));
    await client.statusWhen(({ attempts }) => attempts > 3);
    edge.refusal = undefined;
    await Promise.all(changes);
    expect([flags.providerStatus, colour()]).toEqual([ProviderStatus.READY, "userkey=kim"]);
    const { Reconciling, ContextChanged } = ProviderEvents;
    expect(events).toEqual([Reconciling, Reconciling, ContextChanged]);
  });

  test("keeps the values if the client does, and the new values are a change", async () => {
    const { edge, events } = await begin({ whileSwitching: "keep" });
    await OpenFeature.setContext({ targetingKey: "mara" });
    expect([flags.providerStatus, colour()]).toEqual([ProviderStatus.READY, "userkey=fred"]);
    edge.refusal = undefined;
    await eventually(() => {
      expect(events).toContain(ProviderEvents.ConfigurationChanged);
    });
    expect(colour()).toBe("userkey=mara");
    const { Reconciling, ContextChanged, ConfigurationChanged } = ProviderEvents;
    expect(events).toEqual([Reconciling, ContextChanged, ConfigurationChanged]);
  });
});

test("a context that cannot be sent is an error until another one is set", async () => {
  const client = clientOf(evaluatingEdge(), SERVER_KEY);
  await OpenFeature.setProviderAndWait(new FeatureHubWebProvider(client));
  const flags = OpenFeature.getClient();
  const many = Object.fromEntries(Array.from({ length: 31 }, (_, at) => [`a${at}`, "x"]));
  await OpenFeature.setContext(many);
  await client.refresh();
  await nextTask();
  expect(flags.providerStatus).toBe(ProviderStatus.ERROR);
  await OpenFeature.setContext({ targetingKey: "mara" });
  expect(flags.providerStatus).toBe(ProviderStatus.READY);
});
