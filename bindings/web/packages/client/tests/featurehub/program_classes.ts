import type * as layer from "../../src/featurehub/index.ts";
import { errorOf, type Print, type Sdk, type Surroundings, until } from "./program_tools.ts";

const COLOUR = { id: "1", key: "COLOUR", version: 1, type: "STRING", value: "red", l: false } as const;

/** Uses the log, the settings of a configuration, the updater, and the static class without a configuration. */
export async function settings(sdk: Sdk, edge: Surroundings, print: Print): Promise<void> {
  const written: unknown[] = [];
  const { log, error, trace } = sdk.fhLog;
  const write =
    (level: string): layer.FHLogMethod =>
    (...args) =>
      written.push([level, ...args]);
  Object.assign(sdk.fhLog, { log: write("log"), error: write("error"), trace: write("trace") });
  sdk.fhLog.log("a", 1);
  sdk.fhLog.error("b");
  sdk.fhLog.trace("c");
  new sdk.FHLog().quiet();
  sdk.fhLog.log("d");
  sdk.fhLog.error("e");
  sdk.fhLog.trace("f");
  Object.assign(sdk.fhLog, { log, error, trace });
  print("written", written);

  const config = new sdk.EdgeFeatureHubConfig(edge.url, edge.clientKey);
  print(
    "default provider",
    config.edgeServiceProvider() === sdk.EdgeFeatureHubConfig.defaultEdgeServiceSupplier,
  );
  print("another key", config.apiKey("environment/key*") === config, config.getApiKeys().length);
  const single = new sdk.EdgeFeatureHubConfig(edge.url, edge.clientKey).init();
  await until(() => single.readyness === sdk.Readyness.Ready);
  single.forceClose();
  print("closed by force", single.initialized, single.closed);

  const { featureUpdaterProvider } = sdk.FeatureUpdater;
  const posts: unknown[] = [];
  const manager: layer.FeatureUpdatePostManager = {
    post: (url, update) => {
      posts.push([url.replace(edge.url, "EDGE"), update]);
      return Promise.resolve(true);
    },
  };
  sdk.FeatureUpdater.featureUpdaterProvider = () => manager;
  const updater = new sdk.FeatureUpdater(config);
  sdk.FeatureUpdater.featureUpdaterProvider = featureUpdaterProvider;
  print("manager", updater.manager === manager, await updater.updateKey("COLOUR", { value: "pink" }), posts);

  print(
    "no configuration",
    errorOf(() => sdk.FeatureHub.config),
    errorOf(() => sdk.FeatureHub.context),
    errorOf(() => sdk.FeatureHub.feature("COLOUR")),
    errorOf(() => {
      sdk.FeatureHub.close();
    }),
  );
}

/** Fills a repository without an Edge. */
export async function repositoryByName(sdk: Sdk, print: Print): Promise<void> {
  const repository = new sdk.ClientFeatureRepository();
  const states: unknown[] = [];
  repository.addReadynessListener((state) => states.push(state));
  const handle = repository.addReadinessListener(() => states.push("never"), true);
  repository.removeReadinessListener(handle);
  repository.addValueInterceptor({
    matched: (key) => new sdk.InterceptorValueMatch(key === "SIZE" ? "large" : undefined),
    repository: () => undefined,
  });
  repository.notify(sdk.SSEResultState.Features, [COLOUR, { ...COLOUR, id: "2", key: "SIZE" }]);
  await until(() => repository.readyness === sdk.Readyness.Ready);
  print("notified", states, repository.getString("COLOUR"), repository.getString("SIZE"));
  print(
    "matched",
    repository.valueInterceptorMatched("SIZE"),
    repository.valueInterceptorMatched("COLOUR"),
    new sdk.InterceptorValueMatch("small").value,
  );
  repository.notify(sdk.SSEResultState.Feature, { ...COLOUR, version: 2, value: "green" });
  await until(() => repository.getString("COLOUR") === "green");
  repository.notify(sdk.SSEResultState.Feature, { ...COLOUR, value: "old" });
  repository.notify(sdk.SSEResultState.DeleteFeature, { ...COLOUR, id: "2", key: "SIZE", version: 2 });
  await until(() => !repository.feature("SIZE").exists);
  print("deleted", repository.getString("COLOUR"), repository.feature("COLOUR").exists);
  repository.notify(sdk.SSEResultState.Failure, null);
  await until(() => repository.readyness === sdk.Readyness.Failed);
  print("failed", states, repository.readyness);
}

/** Makes contexts without a configuration, over a source of the program. */
export async function contextsByName(sdk: Sdk, print: Print): Promise<void> {
  const calls: unknown[] = [];
  const edge: layer.EdgeService = {
    contextChange: (header) => {
      calls.push(header);
      return Promise.resolve();
    },
    clientEvaluated: () => false,
    requiresReplacementOnHeaderChange: () => false,
    close: () => calls.push("close"),
    poll: () => {
      calls.push("poll");
      return Promise.resolve();
    },
  };
  const repository = new sdk.ClientFeatureRepository();
  repository.notify(sdk.SSEResultState.Features, [COLOUR]);
  await until(() => repository.readyness === sdk.Readyness.Ready);

  const client = new sdk.ClientEvalFeatureContext(repository, edge);
  print(
    "client-evaluated context",
    client instanceof sdk.BaseClientContext,
    client.edgeService() === edge,
    (await client.userKey("mara").build()) === client,
    client.feature("COLOUR").value,
    calls,
  );
  // In 1.4.0, this ends the connection of all contexts.
  client.close();
  calls.length = 0;

  const server = new sdk.ServerEvalFeatureContext(repository, () => edge);
  print("before build", server instanceof sdk.BaseClientContext, server.edgeService());
  await server.userKey("mara").attributeValues("tags", ["x", "y z"]).build();
  await server.clear().country("new_zealand").build();
  print("headers", calls, server.edgeService() === edge, server.feature("COLOUR").value);
  server.addClient();
  server.addClient();
  print("callers", server.removeClient(), server.removeClient());
  server.close();
  print("closed", calls.at(-1));
}

/** Polls without a configuration's provider. */
export async function clientOfPolls(sdk: Sdk, edge: Surroundings, print: Print): Promise<void> {
  const config = new sdk.EdgeFeatureHubConfig(edge.url, edge.serverKey);
  const repository = config.repository();
  const client = new sdk.FeatureHubPollingClient(repository, config, 100);
  const state = (): unknown[] => [
    client.canStart,
    client.active,
    client.pollingFrequency,
    client.awaitingFirstSuccess,
  ];
  print("idle", state(), client.clientEvaluated(), client.requiresReplacementOnHeaderChange());
  const first = client.poll();
  print("first poll", client.canStart, client.awaitingFirstSuccess);
  await first;
  print("polling", state(), repository.getString("COLOUR"));
  await client.contextChange("userkey=mara");
  await until(() => repository.getString("COLOUR") === "blue");
  print("after the change", state(), repository.readyness);
  config.addAnalyticCollector({
    logEvent: (action, other, features) => {
      print("event", action, [...other], features.length);
    },
  });
  repository.logAnalyticsEvent("paid", new Map([["gold", "yes"]]));
  client.close();
  print("ended", state(), repository.getString("COLOUR"));
}

/** Streams without a configuration's provider. */
export async function clientOfStream(sdk: Sdk, edge: Surroundings, print: Print): Promise<void> {
  const config = new sdk.EdgeFeatureHubConfig(edge.url, edge.serverKey);
  const repository = config.repository();
  const client = new sdk.FeatureHubEventSourceClient(config, repository);
  print(
    "stream",
    client.stopped,
    client.clientEvaluated(),
    client.requiresReplacementOnHeaderChange(),
    repository.readyness,
  );
  client.init();
  await client.poll();
  await until(() => repository.readyness === sdk.Readyness.Ready);
  const before = repository.getString("COLOUR");
  await client.contextChange("userkey=mara");
  await until(() => repository.getString("COLOUR") === "blue");
  client.close();
  print("streamed", before, repository.getString("COLOUR"), client.stopped, repository.readyness);
}
