/**
 * A client of FeatureHub for browsers and Node.
 *
 * @packageDocumentation
 */

export type { Attributes } from "./attributes.ts";
export { Changes, type ChangesOptions } from "./changes.ts";
export { Client } from "./client.ts";
export { Context } from "./context.ts";
export { EdgeProblem } from "./edge_problem.ts";
export type { Diagnostic } from "./engine/diagnostics.ts";
export type { ModuleBytes } from "./browser_types.ts";
export type { EngineSource } from "./engine/load.ts";
export type { Profile } from "./engine/module.ts";
export { Feature } from "./feature_handle.ts";
export type { AnyFlags, FlagKey, FlagOf, KeyOf } from "./flags.ts";
export { LiveReads } from "./live_reads.ts";
export { type Explanation } from "./plain_value.ts";
export { NotReady } from "./not_ready.ts";
export type {
  BackoffOptions,
  ClientOptions,
  ContextAttributes,
  InterceptorOption,
  LimitOptions,
  ObserverOption,
} from "./options.ts";
export { Overrides } from "./overrides.ts";
export { type BaggageContext } from "./override_options.ts";
export { type BaggageOptions } from "./override_options.ts";
export { type OverrideEntry } from "./override_options.ts";
export { type OverrideOptions } from "./override_options.ts";
export type { Change, FeatureDetail } from "./plain_value.ts";
export { Reads, Snapshot } from "./reads.ts";
export type { ReadyOptions } from "./ready.ts";
export { type RefusalReason, Refused } from "./refused.ts";
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
export { Ruleset, RulesetContext, type RulesetOptions, RulesetReads } from "./ruleset.ts";
export { toScript } from "./script.ts";
export type { KeyKind } from "./session/lib.ts";
export type { Status } from "./status.ts";
export { storedSession } from "./stored_session.ts";
export type { StateStorage } from "./stored_state.ts";
export { TestUpdates } from "./test_updates.ts";
export type { Outcome } from "./test_updates/answer.ts";
export type { Update } from "./test_updates/update.ts";
export { VERSION } from "./version.ts";
