import type * as layer from "../../src/featurehub/index.ts";
import {
  clientOfPolls,
  clientOfStream,
  contextsByName,
  repositoryByName,
  settings,
} from "./program_classes.ts";
import { errorOf, type Print, printer, type Sdk, type Surroundings, until } from "./program_tools.ts";

export type { Sdk, Surroundings } from "./program_tools.ts";

const KEYS = ["NEW_CHECKOUT", "COLOUR", "PRICE", "LIMITS", "MISSING"];

/** Uses the names of an SDK, and returns the lines that the program prints. */
export async function program(sdk: Sdk, edge: Surroundings): Promise<string[]> {
  const lines: string[] = [];
  const print = printer(lines);
  printModels(sdk, print);
  await clientEvaluated(sdk, edge, print);
  await serverEvaluated(sdk, edge, print);
  await localContext(sdk, print);
  await settings(sdk, edge, print);
  await repositoryByName(sdk, print);
  await contextsByName(sdk, print);
  await clientOfPolls(sdk, edge, print);
  await clientOfStream(sdk, edge, print);
  return lines;
}

function printModels(sdk: Sdk, print: Print): void {
  print("countries", sdk.StrategyAttributeCountryName);
  print("devices", sdk.StrategyAttributeDeviceName);
  print("platforms", sdk.StrategyAttributePlatformName);
  print("well-known", sdk.StrategyAttributeWellKnownNames);
  print("types", sdk.FeatureValueType, sdk.RolloutStrategyFieldType);
  print("conditions", sdk.RolloutStrategyAttributeConditional);
  print("events", sdk.SSEResultState);
  print("roles", sdk.RoleType);
  print("readyness", sdk.Readyness);
  print("match", new sdk.InterceptorValueMatch("yes"));
  print("log", sdk.FHLog.fhLog === sdk.fhLog, sdk.fhLog instanceof sdk.FHLog);
  const values = new Map([
    ["A", "true"],
    ["B", "hello there"],
    ["C", undefined],
  ]);
  print("baggage", sdk.w3cBaggageHeader({ values, header: "other=1,fhub=old" }));
  print("no baggage", sdk.w3cBaggageHeader({ header: "other=1" }));
}

async function clientEvaluated(sdk: Sdk, edge: Surroundings, print: Print): Promise<void> {
  const config = new sdk.EdgeFeatureHubConfig(edge.url, edge.clientKey);
  print(
    "host",
    config.getHost() === `${edge.url}/`,
    config.url() === `${edge.url}/features/${edge.clientKey}`,
  );
  print("keys", config.getApiKeys().length, config.clientEvaluated());
  print("before", config.initialized, config.closed, config.readyness, config.readiness);
  print("provider", typeof config.edgeServiceProvider());
  print(
    "singleton",
    sdk.EdgeFeatureHubConfig.config(edge.url, edge.clientKey) ===
      sdk.EdgeFeatureHubConfig.config(edge.url, edge.clientKey),
  );
  print(
    "feature of a configuration",
    errorOf(() => config.feature("COLOUR")),
  );
  const states: unknown[] = [];
  config.addReadynessListener((state) => states.push(state));
  const ignored = config.addReadinessListener((state, isFirst) => states.push([state, isFirst]), true);
  config.init();
  const repository = config.repository();
  await until(() => config.readyness === sdk.Readyness.Ready && states.length === 3);
  config.removeReadinessListener(ignored);
  print("readiness", states, config.initialized, config.closed);
  print(
    "late listener",
    await new Promise((resolve) =>
      config.addReadinessListener((...state) => {
        resolve(state);
      }),
    ),
  );

  const context = config.newContext();
  context
    .userKey("fred")
    .sessionKey("s1")
    .country("new_zealand")
    .device("browser")
    .platform("linux")
    .version("1.2.3");
  context
    .attribute_value("plan", "gold")
    .attributeValue("team", "a")
    .attribute_values("tags", ["x", "y"])
    .attributeValues("more", ["z"]);
  print(
    "attributes",
    context.getAttr("userkey"),
    context.getAttr("tags"),
    context.getAttr("none", "default"),
    context.getAttrs("tags"),
    context.getAttrs("none"),
  );
  print("percentage key", context.defaultPercentageKey());
  print("build", (await context.build()) === context, context.repository() === repository);
  for (const key of KEYS) printFeature(print, context.feature(key), repository.feature(key));
  print("getters", context.isEnabled("NEW_CHECKOUT"), context.isSet("COLOUR"), context.isSet("MISSING"));
  print(
    "numbers",
    context.getNumber("PRICE"),
    context.getNumber("MISSING", 3),
    context.getNumber("COLOUR", 3),
  );
  print("strings", context.getString("COLOUR"), context.getString("MISSING", "d"));
  print("flags", context.getFlag("NEW_CHECKOUT"), context.getBoolean("MISSING", true));
  print(
    "json",
    context.getJson("LIMITS"),
    context.getJson("MISSING", { a: 1 }),
    context.getRawJson("LIMITS"),
    context.getRawJson("MISSING", "{}"),
  );
  print("mara", context.userKey("mara").getString("COLOUR"), context.feature("COLOUR").value);
  print("cleared", context.clear().getAttr("userkey"), context.getString("COLOUR"));

  print(
    "repository",
    repository.getFlag("NEW_CHECKOUT"),
    repository.getString("COLOUR"),
    repository.getNumber("PRICE"),
    repository.getJson("LIMITS"),
    repository.isSet("COLOUR"),
  );
  print(
    "has",
    repository.hasFeature("COLOUR")?.key,
    repository.hasFeature("NEVER_READ"),
    repository.getFeatureState("PRICE").num,
  );
  // `exists` of a feature of a context is always false in 1.4.0.
  print("exists", repository.feature("COLOUR").exists, repository.feature("MISSING").exists);
  print("simple", Object.fromEntries([...repository.simpleFeatures()].sort()));
  print("baggage of a repository", sdk.w3cBaggageHeader({ repo: repository })?.length);
  const events: unknown[] = [];
  repository.addAnalyticCollector({
    logEvent: (action, other, features) =>
      events.push([action, [...other], features.map(({ key, value }) => [key, value]).sort()]),
  });
  repository.logAnalyticsEvent("bought");
  context.userKey("fred").logAnalyticsEvent("paid");
  print("analytics", events);
  const withState = repository.feature("COLOUR");
  print(
    "state",
    withState.getFeatureState()?.key,
    withState.getFeatureState()?.value,
    withState.getFeatureState()?.version === withState.version,
  );

  const seen: string[] = [];
  const [plain, mara] = [repository.feature("COLOUR"), config.newContext().userKey("mara").feature("COLOUR")];
  const handle = plain.addListener((feature) => seen.push(`plain ${String(feature.value)}`));
  mara.addListener((feature) => seen.push(`mara ${String(feature.value)}`));
  await edge.setColour("green");
  await until(() => seen.length > 0);
  plain.removeListener(handle);
  await edge.setColour("red");
  await until(() => repository.getString("COLOUR") === "red");
  print("listeners", seen);
  plain.triggerListeners();
  print("triggered", seen);

  const available: string[] = [];
  const held = repository.addPostLoadNewFeatureStateAvailableListener((of) =>
    available.push(String(of.getString("COLOUR"))),
  );
  repository.catchAndReleaseMode = true;
  await edge.setColour("green");
  await until(() => available.length > 0);
  print("caught", repository.catchAndReleaseMode, available, repository.getString("COLOUR"));
  await repository.release();
  print("released", repository.getString("COLOUR"), repository.catchAndReleaseMode);
  await repository.release(true);
  print("released for good", repository.catchAndReleaseMode);
  repository.removePostLoadNewFeatureStateAvailableListener(held);
  await edge.setColour("red");
  await until(() => repository.getString("COLOUR") === "red");
  print("later", available.length);

  config.addValueInterceptor({
    matched: (key: string) =>
      new sdk.InterceptorValueMatch({ COLOUR: "intercepted", NEW_CHECKOUT: "false", PRICE: "3.25" }[key]),
    repository: (of) => {
      print("interceptor", of === repository);
    },
  });
  print(
    "intercepted",
    repository.getString("COLOUR"),
    repository.getFlag("NEW_CHECKOUT"),
    repository.getNumber("PRICE"),
    repository.getJson("LIMITS"),
  );
  print(
    "update without permission",
    await new sdk.FeatureUpdater(config).updateKey("COLOUR", { value: "pink" }),
  );
  config.close();
  print("closed", config.initialized, config.closed, repository.getNumber("PRICE"));
}

/** Prints a feature without its version, which is another one in each server. */
function printFeature(print: Print, ...features: layer.FeatureStateHolder[]): void {
  for (const feature of features) {
    const { key, str, flag, num, rawJson, locked, enabled, version, type, value } = feature;
    print("feature", key, str, flag, num, rawJson, locked, enabled, version > 0, type, value);
    print(
      "by methods",
      feature.getKey(),
      feature.getString(),
      feature.getFlag(),
      feature.getBoolean(),
      feature.getNumber(),
      feature.getRawJson(),
    );
    print(
      "and",
      feature.isSet(),
      feature.isLocked(),
      feature.isEnabled(),
      feature.getVersion() === version,
      feature.getType(),
      feature.featureProperties,
    );
  }
}

async function serverEvaluated(sdk: Sdk, edge: Surroundings, print: Print): Promise<void> {
  const config = new sdk.EdgeFeatureHubConfig(`${edge.url}/features`, edge.serverKey);
  config.edgeServiceProvider((repository, of) => new sdk.FeatureHubPollingClient(repository, of, 0));
  const context = config.newContext();
  print(
    "shared",
    config.newContext() === context,
    config.clientEvaluated(),
    config.getHost() === `${edge.url}/`,
  );
  await context.userKey("mara").build();
  await until(() => config.readyness === sdk.Readyness.Ready);
  print(
    "server-evaluated",
    context.getString("COLOUR"),
    config.feature("COLOUR").str,
    context.isEnabled("NEW_CHECKOUT"),
  );
  config.close();
  print("one of three has closed", config.closed);
  config.close();
  config.close();
  print("all have closed", config.closed, context.getString("COLOUR"));
}

async function localContext(sdk: Sdk, print: Print): Promise<void> {
  const attributes: layer.RolloutStrategyAttribute[] = [
    { fieldName: "userkey", conditional: "EQUALS", type: "STRING", values: ["mara"] },
  ];
  const context = new sdk.LocalClientContext({
    id: "local",
    features: [
      { id: "1", key: "A", version: 1, type: "BOOLEAN", value: true, l: false },
      {
        id: "2",
        key: "B",
        version: 2,
        type: "STRING",
        value: "b",
        l: false,
        strategies: [{ id: "s", value: "c", attributes }],
      },
    ],
  });
  await context.build();
  print(
    "local",
    context.isEnabled("A"),
    context.getString("B"),
    context.feature("A").version,
    context.isSet("C"),
  );
  print("local, mara", context.userKey("mara").getString("B"), context.repository().readyness);
  const feature = context.repository().feature("B");
  print("with a context", feature.value, feature.withContext(context).value);
  context.close();
}
