/**
 * The read side of a client: snapshots of features, listeners, catch & release, interceptors and usage. The files bear the names of
 * the crate `fh-repository`, whose rules they follow.
 *
 * @packageDocumentation
 */

export { attributesIn, attributesOf, type AttributeItem, type AttributeValue } from "./attributes.ts";
export { type Bootstrap, type BootstrapFeature, bootstrapOf } from "./bootstrap.ts";
export { parseBootstrap, writeBootstrap } from "./bootstrap/wire.ts";
export type { Counters } from "./counters.ts";
export type { Engine, Evaluation, Ruleset } from "./engine.ts";
export { setWaker } from "./dispatcher.ts";
export { EnvironmentOverrides } from "./environment_overrides.ts";
export type { Feature } from "./feature.ts";
export type { InterceptedRead, Interceptor, LockPolicy, Override } from "./intercept/mod.ts";
export type { OverrideChanges } from "./intercept/mod.ts";
export type { Notice } from "./notice.ts";
export { noticeText } from "./notice.ts";
export { isRefusal, type Problem, problemText, type Stage } from "./problem.ts";
export type { Cause, Publication, RawKind, RawUpdate } from "./publication.ts";
export type { Readiness } from "./status.ts";
export type { Reason } from "./reason.ts";
export { close, held, publish, release, releaseOnly, revoke, setStatus } from "./serving/catch.ts";
export { guarded, noticeOnce, queue } from "./serving/core.ts";
export { deliver } from "./serving/deliver.ts";
export { type Detail, ExplainedDetail } from "./serving/detail.ts";
export { forEachValue } from "./serving/each_value.ts";
export type { Change, NewState, ReadinessChange, Subscription } from "./serving/listen.ts";
export { Repository, type RepositoryOptions } from "./serving/mod.ts";
export type { RepositorySnapshot } from "./serving/snapshot.ts";
export {
  intercept,
  listen,
  onChange,
  onNewState,
  onReadiness,
  onStatus,
  overridesChanged,
} from "./serving/subscribe.ts";
export { type ContextValues, contextValues } from "./serving/values.ts";
export { RepositoryWatch } from "./serving/watch.ts";
export { type Environments, Rules, rulesOf, type ServerEvaluated } from "./rules.ts";
export { type Source, sourceName } from "./source.ts";
export type { Connection, SessionStatus } from "./status.ts";
export {
  type Collection,
  type Evaluated,
  eventName,
  eventRecord,
  type Named,
  type Params,
  type UsageEvent,
  usageText,
  type UsedFeature,
  userKey,
} from "./usage/event.ts";
export type {
  Deduplicate,
  Dispatch,
  Observer,
  SummaryWindow,
  UsageCount,
  UsageOptions,
  UsageSink,
  UsageSummary,
} from "./usage/mod.ts";
export { Decimal, Json, type Kind, type Value } from "./value.ts";
