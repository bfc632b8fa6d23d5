import {
  ErrorCode,
  type EvaluationContext,
  type EventDetails,
  MultiProvider,
  OpenFeature,
  ProviderEvents,
  ProviderStatus,
} from "@openfeature/server-sdk";
import type { Client } from "fh-client";
import { afterEach, describe, expect, test, vi } from "vitest";

import { becomes } from "../../client/tests/eventually.ts";
import { FeatureHubServerProvider } from "../src/server.ts";
import {
  AT_ONCE,
  clientOf,
  CLIENT_KEY,
  edgeWith,
  evaluatingEdge,
  feature,
  FEATURES,
  FetchEdge,
  OUTAGES,
  SERVER_KEY,
  strategy,
} from "./features.ts";

afterEach(async () => {
  await OpenFeature.close();
  OpenFeature.clearHandlers();
});

/** Returns OpenFeature's client for a provider that is ready. */
async function flagsOf(client: Client): Promise<ReturnType<typeof OpenFeature.getClient>> {
  await OpenFeature.setProviderAndWait(new FeatureHubServerProvider(client));
  return OpenFeature.getClient();
}

test("evaluations have a context each, and the value has a reason, a variant and metadata", async () => {
  const flags = await flagsOf(clientOf(edgeWith(...FEATURES), CLIENT_KEY));
  const metadata = {
    version: 3,
    locked: true,
    featureId: "FLAG",
    environmentId: "environment",
    "property.team": "cash",
  };
  const expected: [EvaluationContext, object][] = [
    [{ country: "new_zealand" }, { value: true, reason: "TARGETING_MATCH", variant: "kiwi" }],
    [{ targetingKey: "fred" }, { value: true, reason: "SPLIT", variant: "all" }],
    [{ country: "fiji" }, { value: false, reason: "DEFAULT", variant: "default" }],
  ];
  const answers = await Promise.all(
    expected.map(([context]) => flags.getBooleanDetails("FLAG", false, context)),
  );
  expect(answers).toEqual(
    expected.map(([, answer]) => {
      const { variant } = answer as { readonly variant: string };
      const strategyId = variant === "default" ? {} : { strategyId: variant };
      return { flagKey: "FLAG", ...answer, flagMetadata: { ...metadata, ...strategyId } };
    }),
  );
  expect(await flags.getStringDetails("TEXT", "")).toMatchObject({ value: "hello", reason: "STATIC" });
  expect(await flags.getNumberValue("FRACTION", 0)).toBe(7.5);
  expect(await flags.getNumberValue("HUGE", 0)).toBe(Infinity);
  expect(await flags.getObjectValue("THEME", {})).toEqual({
    ...{ colour: "red", deep: { on: true, none: null }, list: [1, 2.5] },
  });
});

test("an override has the reason OVERRIDE and the name of the interceptor", async () => {
  const client = clientOf(edgeWith(...FEATURES), CLIENT_KEY);
  client.intercept({ name: "tester", intercept: ({ key }) => (key === "NEW" ? "on" : undefined) });
  const flags = await flagsOf(client);
  expect(await flags.getStringDetails("NEW", "")).toEqual({
    ...{ flagKey: "NEW", value: "on", reason: "OVERRIDE", variant: "default" },
    flagMetadata: { overriddenBy: "tester" },
  });
});

test("errors have OpenFeature's codes, and the default is the value", async () => {
  const flags = await flagsOf(clientOf(edgeWith(...FEATURES), CLIENT_KEY));
  const codes = await Promise.all([
    flags.getBooleanDetails("NONE", true),
    flags.getStringDetails("UNSET", "default"),
    flags.getBooleanDetails("FRACTION", true),
    flags.getStringDetails("FLAG", "default"),
    flags.getNumberDetails("FLAG", 3),
    flags.getObjectDetails("LIST", {}),
    flags.getObjectDetails("NULL", {}),
    flags.getObjectDetails("TEXT", {}),
    flags.getObjectDetails("BROKEN", { a: 1 }),
  ]);
  const mismatch = ErrorCode.TYPE_MISMATCH;
  expect(codes.map(({ errorCode, value }) => [errorCode, value])).toEqual([
    ...[
      [ErrorCode.FLAG_NOT_FOUND, true],
      [ErrorCode.FLAG_NOT_FOUND, "default"],
      [mismatch, true],
    ],
    ...[
      [mismatch, "default"],
      [mismatch, 3],
      [mismatch, {}],
      [mismatch, {}],
      [mismatch, {}],
    ],
    [ErrorCode.PARSE_ERROR, { a: 1 }],
  ]);
  expect(new Set(codes.map(({ reason }) => reason))).toEqual(new Set(["ERROR"]));
  expect(codes[3].errorMessage).toBe("the type of the feature is BOOLEAN");
});

test("a server-evaluated key has the values of one context", async () => {
  const client = clientOf(edgeWith(feature("FLAG", true)), SERVER_KEY, { context: { userkey: "fred" } });
  const flags = await flagsOf(client);
  expect(await flags.getBooleanValue("FLAG", false, { targetingKey: "fred" })).toBe(true);
  expect(await flags.getBooleanValue("FLAG", false)).toBe(true);
  const refused = await flags.getBooleanDetails("FLAG", false, { targetingKey: "mara" });
  expect([refused.errorCode, refused.value]).toEqual([ErrorCode.INVALID_CONTEXT, false]);
});

test.each(OUTAGES.flatMap((outage) => (["hide", "keep"] as const).map((mode) => [outage, mode] as const)))(
  "a context that the program sets while the Edge is away (%s, %s) is a change once the Edge is back",
  async (outage, whileSwitching) => {
    const edge = evaluatingEdge();
    const client = clientOf(edge, SERVER_KEY, { ...AT_ONCE, whileSwitching, context: { userkey: "fred" } });
    const flags = await flagsOf(client);
    const events: unknown[] = [];
    for (const event of Object.values(ProviderEvents)) {
      flags.addHandler(event, (details) => events.push([event, details?.flagsChanged]));
    }
    events.length = 0;
    const mara = { targetingKey: "mara" };
    edge.refusal = outage;
    await expect(client.setContext({ userkey: "mara" })).rejects.toThrow();
    const meanwhile = whileSwitching === "keep" ? "userkey=fred" : "default";
    expect(await flags.getStringValue("COLOUR", "default", mara)).toBe(meanwhile);
    edge.refusal = undefined;
    // Without values in between, all features have changed.
    const changed = whileSwitching === "keep" ? ["COLOUR"] : ["COLOUR", "SAME"];
    await becomes(() => events, [[ProviderEvents.ConfigurationChanged, changed]]);
    expect(await flags.getStringValue("COLOUR", "default", mara)).toBe("userkey=mara");
    expect(flags.providerStatus).toBe(ProviderStatus.READY);
  },
);

describe("the status", () => {
  /** Records the events of OpenFeature's client. */
  function record(
    flags: ReturnType<typeof OpenFeature.getClient>,
  ): [ProviderEvents, EventDetails | undefined][] {
    const events: [ProviderEvents, EventDetails | undefined][] = [];
    for (const event of Object.values(ProviderEvents))
      flags.addHandler(event, (details) => events.push([event, details]));
    return events;
  }

  test("is an error while the Edge refuses the client, and ready afterwards", async () => {
    const edge = edgeWith(...FEATURES);
    edge.refusal = 404;
    const client = clientOf(edge, CLIENT_KEY);
    const flags = OpenFeature.getClient();
    const events = record(flags);
    // The SDK reports that the provider of no features is ready.
    events.length = 0;
    await expect(OpenFeature.setProviderAndWait(new FeatureHubServerProvider(client))).rejects.toThrow();
    expect(flags.providerStatus).toBe(ProviderStatus.ERROR);
    const early = await flags.getBooleanDetails("FLAG", false);
    expect(early.errorCode).toBe(ErrorCode.PROVIDER_NOT_READY);
    edge.refusal = undefined;
    await client.refresh();
    await becomes(() => flags.providerStatus, ProviderStatus.READY);
    edge.streams[0]!.event("config", '{"edge.stale":true}');
    await becomes(() => flags.providerStatus, ProviderStatus.STALE);
    client.close();
    await becomes(() => flags.providerStatus, ProviderStatus.ERROR);
    expect(events.map(([event]) => event)).toEqual([
      ...[ProviderEvents.Error, ProviderEvents.Ready, ProviderEvents.Stale, ProviderEvents.Error],
    ]);
    expect(events.at(-1)?.[1]).toMatchObject({ errorCode: ErrorCode.GENERAL });
  });

  test("is an error after the time limit", async () => {
    const client = clientOf(new FetchEdge(), CLIENT_KEY);
    const provider = new FeatureHubServerProvider(client, { timeoutMs: 1 });
    await expect(OpenFeature.setProviderAndWait(provider)).rejects.toThrow();
    expect(OpenFeature.getClient().providerStatus).toBe(ProviderStatus.ERROR);
  });

  test("of two providers does not mix, and neither do their changes", async () => {
    const edges = [edgeWith(feature("A", "1")), edgeWith(feature("A", "1"))] as const;
    const seen: Record<string, (readonly string[] | undefined)[]> = { one: [], other: [] };
    for (const [at, domain] of ["one", "other"].entries()) {
      await OpenFeature.setProviderAndWait(
        domain,
        new FeatureHubServerProvider(clientOf(edges[at]!, CLIENT_KEY)),
      );
      OpenFeature.getClient(domain).addHandler(ProviderEvents.ConfigurationChanged, (details) => {
        seen[domain]?.push((details as { readonly flagsChanged?: readonly string[] }).flagsChanged);
      });
    }
    edges[0].streams[0]!.feature(feature("A", "2", 2));
    await becomes(() => seen["one"]?.length, 1);
    edges[1].streams[0]!.feature(feature("A", "2", 2));
    await becomes(() => seen["other"]?.length, 1);
    expect(seen).toEqual({ one: [["A"]], other: [["A"]] });
  });

  test("of a replaced provider emits nothing more", async () => {
    const edge = edgeWith(feature("A", "1"));
    const provider = new FeatureHubServerProvider(clientOf(edge, CLIENT_KEY));
    await OpenFeature.setProviderAndWait(provider);
    const emitted = vi.fn();
    provider.events.addHandler(ProviderEvents.ConfigurationChanged, emitted);
    await OpenFeature.setProviderAndWait(new FeatureHubServerProvider(clientOf(edgeWith(), CLIENT_KEY)));
    const changed = new Promise((resolve) => provider.client.onChange("A", resolve));
    edge.streams[0]!.feature(feature("A", "2", 2));
    await changed;
    await provider.client.statusWhen(() => true);
    expect(emitted).not.toHaveBeenCalled();
    expect(provider.client.readiness).toBe("READY");
  });
});

test("changes name the features that changed: of updates, of rules, of releases and of overrides", async () => {
  const edge = edgeWith(feature("A", "1"), feature("B", "1"), feature("RULE", "1"));
  const client = clientOf(edge, CLIENT_KEY);
  const flags = await flagsOf(client);
  const changes: string[][] = [];
  flags.addHandler(ProviderEvents.ConfigurationChanged, (details) => {
    changes.push([...((details as { readonly flagsChanged?: string[] }).flagsChanged ?? [])].sort());
  });
  const until = async (count: number): Promise<void> => {
    await becomes(() => changes.length, count);
  };
  const [stream] = edge.streams;
  stream!.feature(feature("A", "2", 2));
  await until(1);
  // The value without a context stays the same.
  stream!.feature(feature("RULE", "1", 2, { strategies: [strategy("s", "2", "userkey", "mara")] }));
  await until(2);
  client.catchUpdates();
  stream!.feature(feature("B", "2", 2));
  stream!.feature(feature("RULE", "1", 3));
  await becomes(() => client.heldKeys(), ["B", "RULE"]);
  expect(changes).toHaveLength(2);
  client.releaseOnly(["RULE"]);
  await until(3);
  client.release();
  await until(4);
  let isOn = false;
  client.intercept({ name: "tester", intercept: ({ key }) => (isOn && key === "A" ? "3" : undefined) });
  isOn = true;
  client.overridesChanged();
  await until(5);
  expect(changes).toEqual([["A"], ["RULE"], ["RULE"], ["B"], ["A"]]);
});

test("two clients answer in a MultiProvider, each with its name, as in a move from one system to another", async () => {
  const [former, next] = [edgeWith(feature("A", "old"), feature("B", "old")), edgeWith(feature("A", "new"))];
  const providers = [
    new FeatureHubServerProvider(clientOf(next, CLIENT_KEY), { name: "next" }),
    new FeatureHubServerProvider(clientOf(former, CLIENT_KEY)),
  ];
  const both = new MultiProvider(providers.map((provider) => ({ provider })));
  await OpenFeature.setProviderAndWait(both);
  const flags = OpenFeature.getClient();
  const values = ["A", "B", "NONE"].map((key) => flags.getStringValue(key, "default"));
  expect(await Promise.all(values)).toEqual(["new", "old", "default"]);
  expect(both.providerEntries.map(({ name }) => name)).toEqual(["next", "featurehub"]);
});
