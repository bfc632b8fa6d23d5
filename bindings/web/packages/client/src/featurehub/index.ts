/**
 * The names of `featurehub-javascript-client-sdk` and `featurehub-javascript-node-sdk` 1.4.0 and 2.x, over the client of `fh-client`. A
 * program moves by its imports; `docs/guide/migrating-from-featurehub-js.md` has a row for each name. What is left out throws an error that
 * names its replacement.
 *
 * @packageDocumentation
 */

export {
  BaseUsageEvent,
  BaseUsageEventWithFeature,
  BaseUsageFeaturesCollection,
  BaseUsageFeaturesCollectionContext,
  BaseUsageNamedFeaturesCollection,
  BrowserPollingService,
  ConfigurationClosedError,
  DefaultUsageProvider,
  FeatureHubNetwork,
  featurehubMiddleware,
  GoogleAnalyticsCollector,
  LocalSessionStore,
  NodejsFeaturePostUpdater,
  NodejsPollingService,
  PollingBase,
  setUsageConvertFunction,
  UsageValue,
} from "./absent.ts";
export type { AnalyticsCollector } from "./state_holder.ts";
export { type BaggageHeader, w3cBaggageHeader } from "./baggage.ts";
export {
  EdgeFeatureHubConfig,
  type EdgeServiceProvider,
  type EdgeServiceSupplier,
  EdgeType,
  type FeatureHubConfig,
} from "./config.ts";
export {
  BaseClientContext,
  type ClientContext,
  ClientEvalFeatureContext,
  type ContextAttribute,
  type ContextRecord,
  LocalClientContext,
  ServerEvalFeatureContext,
} from "./context.ts";
export {
  type EdgeService,
  FeatureHubEventSourceClient,
  FeatureHubPollingClient,
  type RestOptions,
} from "./edge_service.ts";
export {
  type FeatureStateValueInterceptor,
  type FeatureValueInterceptor,
  InterceptorValueMatch,
} from "./interceptors.ts";
export { FHLog, fhLog, type FHLogMethod } from "./log.ts";
export * from "./models.ts";
export type * from "./published_types.ts";
export type { RawUpdateFeatureListener } from "./raw_updates.ts";
export { Readyness, type ReadynessListener } from "./readyness.ts";
export {
  type CatchReleaseListenerHandler,
  ClientFeatureRepository,
  type FeatureHubRepository,
  type InternalFeatureRepository,
  type PostLoadNewFeatureStateAvailableListener,
  type ReadinessListenerHandle,
} from "./repository.ts";
export {
  type FeatureListener,
  type FeatureListenerHandle,
  FeatureStateBaseHolder,
  type FeatureStateHolder,
} from "./state_holder.ts";
export { FeatureHub } from "./static.ts";
export { LocalSessionInterceptor } from "./stored_overrides.ts";
export {
  FeaturePostUpdater,
  FeatureUpdater,
  type FeatureUpdatePostManager,
  type FeatureUpdaterProvider,
} from "./updater.ts";
export { DefaultUsagePlugin, type UsageEvent, type UsageEventListener, type UsagePlugin } from "./usage.ts";
