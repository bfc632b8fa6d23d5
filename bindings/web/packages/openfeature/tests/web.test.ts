import { ErrorCode, OpenFeature, ProviderEvents, ProviderStatus } from "@openfeature/web-sdk";
import { afterEach, expect, test } from "vitest";

import { eventually } from "../../client/tests/eventually.ts";
import { FeatureHubWebProvider } from "../src/web.ts";
import { clientOf, CLIENT_KEY, edgeWith, feature, FEATURES, FetchEdge, SERVER_KEY } from "./features.ts";

afterEach(async () => {
  await OpenFeature.clearContexts();
  await OpenFeature.clearProviders();
  OpenFeature.clearHandlers();
});

/** Records the events of OpenFeature, without their data. */
function record(): ProviderEvents[] {
  const events: ProviderEvents[] = [];
  for (const event of Object.values(ProviderEvents)) OpenFeature.addHandler(event, () => events.push(event));
  return events;
}

/** Returns an Edge that evaluates `COLOUR` for a server-evaluated key. */
function evaluatingEdge(): FetchEdge {
  const edge = new FetchEdge();
  edge.onStream = (stream) => {
    stream.list(feature("COLOUR", stream.context === "" ? "none" : stream.context));
  };
  return edge;
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
  expect(provider.metadata.name).toBe("featurehub");
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
  await eventually(() => {
    expect(flags.providerStatus).toBe(ProviderStatus.READY);
  });
  edge.streams[0]!.feature(feature("TEXT", "changed", 2));
  await eventually(() => {
    expect(events).toEqual([ProviderEvents.Error, ProviderEvents.Ready, ProviderEvents.ConfigurationChanged]);
  });
});
