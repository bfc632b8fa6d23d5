/**
 * A client of FeatureHub for browsers and Node.
 *
 * @packageDocumentation
 */

export type { Attributes } from "./attributes.ts";
export { Changes, type ChangesOptions } from "./reads/changes.ts";
export { Client } from "./client/client.ts";
export { Context } from "./reads/context.ts";
export { EdgeProblem } from "./driver/edge_problem.ts";
export type { Diagnostic } from "./engine/diagnostics.ts";
export type { ModuleBytes } from "./platform/browser_types.ts";
export type { EngineSource } from "./engine/load.ts";
export type { Profile } from "./engine/module.ts";
export { Feature } from "./reads/feature.ts";
export { LiveReads } from "./reads/live.ts";
export { NotReady } from "./client/not_ready.ts";
export type {
  BackoffOptions,
  ClientOptions,
  ContextAttributes,
  InterceptorOption,
  LimitOptions,
  ObserverOption,
} from "./options/options.ts";
export type { DelayOptions } from "./session/config.ts";
export { Overrides } from "./overrides/overrides.ts";
export type { BaggageContext, BaggageOptions, OverrideEntry, OverrideOptions } from "./overrides/options.ts";
export type {
  AnyFlags,
  Change,
  Explanation,
  FeatureDetail,
  FlagKey,
  FlagOf,
  KeyOf,
} from "./reads/plain_value.ts";
export { Reads, Snapshot } from "./reads/reads.ts";
export type { ReadyOptions } from "./client/ready.ts";
export { type RefusalReason, Refused } from "./test_updates/refused.ts";
export {
  type AttributeItem,
  type AttributeValue,
  type Bootstrap,
  type BootstrapFeature,
  type Cause,
  type Collection,
  type Connection,
  type Counters,
  Decimal,
  type Deduplicate,
  type Dispatch,
  type Evaluated,
  eventName,
  eventRecord,
  type Feature as ReceivedFeature,
  type InterceptedRead,
  type Interceptor,
  isRefusal,
  Json,
  type Kind,
  type LockPolicy,
  type Named,
  type NewState,
  type Notice,
  noticeText,
  type Observer,
  type Override,
  type OverrideChanges,
  type Params,
  type Problem,
  problemText,
  type RawKind,
  type RawUpdate,
  type Readiness,
  type ReadinessChange,
  type Reason,
  type SessionStatus,
  type Source,
  sourceName,
  type Stage,
  type Subscription,
  type SummaryWindow,
  type UsageCount,
  type UsageEvent,
  type UsageOptions,
  type UsageSummary,
  usageText,
  type UsedFeature,
  userKey,
  type Value,
} from "./repository/lib.ts";
export { Ruleset, RulesetContext, type RulesetOptions, RulesetReads } from "./ruleset/ruleset.ts";
export { toScript } from "./text/script.ts";
export type { KeyKind } from "./session/lib.ts";
export type { Status } from "./driver/status.ts";
export { storedSession } from "./storage/stored_session.ts";
export type { StateStorage } from "./storage/stored_state.ts";
export { TestUpdates } from "./test_updates/handle.ts";
export type { Outcome } from "./test_updates/answer.ts";
export type { Update } from "./test_updates/update.ts";
export { VERSION } from "./platform/web.ts";
