import { leftOut, leftOutClass } from "./left_out.ts";

/** Left out: pages poll through `Client`, whose option `fetch` replaces the requests. */
export const PollingBase = /* @__PURE__ */ leftOutClass("PollingBase", "give the option fetch to Client");
/** Left out: pages poll through `Client`. */
export const BrowserPollingService = /* @__PURE__ */ leftOutClass(
  "BrowserPollingService",
  "use Client with the options mode and fetch",
  "httpRequestor",
  "localStorageRequestor",
);
/** Left out: programs poll through `Client`. */
export const NodejsPollingService = /* @__PURE__ */ leftOutClass(
  "NodejsPollingService",
  "use Client with the options mode, headers and fetch",
);
/** Left out: updates are sent with `fetch`. */
export const NodejsFeaturePostUpdater = /* @__PURE__ */ leftOutClass(
  "NodejsFeaturePostUpdater",
  "use FeatureUpdater, or FeatureUpdater.featureUpdaterProvider",
);
/** Left out: the protocol does not exist any more. */
export const GoogleAnalyticsCollector = /* @__PURE__ */ leftOutClass(
  "GoogleAnalyticsCollector",
  "its protocol has ended; use Client.observe",
  "googleAnalyticsClientProvider",
);
/** Left out: an unsealed configuration is opened again by `newContext` and `init`. */
export const ConfigurationClosedError = /* @__PURE__ */ leftOutClass(
  "ConfigurationClosedError",
  "newContext and init open a closed configuration again",
);
/** Left out: `EdgeFeatureHubConfig.defaultEdgeServiceSupplier` makes the sources. */
export const FeatureHubNetwork = /* @__PURE__ */ leftOutClass(
  "FeatureHubNetwork",
  "use EdgeFeatureHubConfig.defaultEdgeServiceSupplier",
  "defaultEdgeServiceSupplier",
);
/** Left out: the client keeps the last features itself. */
export const LocalSessionStore = /* @__PURE__ */ leftOutClass(
  "LocalSessionStore",
  "give the option storage to Client",
);

const USAGE = "use addUsagePlugin, or Client.observe with eventName and eventRecord";
/** Left out: the client makes the reports. */
export const BaseUsageEvent = /* @__PURE__ */ leftOutClass("BaseUsageEvent", USAGE);
/** Left out: the client makes the reports. */
export const BaseUsageEventWithFeature = /* @__PURE__ */ leftOutClass("BaseUsageEventWithFeature", USAGE);
/** Left out: the client makes the reports. */
export const BaseUsageFeaturesCollection = /* @__PURE__ */ leftOutClass("BaseUsageFeaturesCollection", USAGE);
/** Left out: the client makes the reports. */
export const BaseUsageFeaturesCollectionContext = /* @__PURE__ */ leftOutClass(
  "BaseUsageFeaturesCollectionContext",
  USAGE,
);
/** Left out: the client makes the reports. */
export const BaseUsageNamedFeaturesCollection = /* @__PURE__ */ leftOutClass(
  "BaseUsageNamedFeaturesCollection",
  USAGE,
);
/** Left out: the client makes the reports. */
export const UsageValue = /* @__PURE__ */ leftOutClass("UsageValue", USAGE);
/** Left out: the client makes the reports. */
export const DefaultUsageProvider = /* @__PURE__ */ leftOutClass("DefaultUsageProvider", USAGE);

/** Left out: `usageText` gives the texts of values. */
export function setUsageConvertFunction(): never {
  return leftOut("setUsageConvertFunction", "convert the values in an observer of Client.observe");
}
/** Left out: the middleware of 1.x changed the features of a request by a header of its caller. */
export function featurehubMiddleware(): never {
  return leftOut("featurehubMiddleware", "use client.overrides.fromBaggage for the context of the request");
}
