import type { FeatureStateHolder } from "./state_holder.ts";

/** A receiver of the events of `logAnalyticsEvent`. */
export interface AnalyticsCollector {
  logEvent(action: string, other: Map<string, string>, features: FeatureStateHolder[]): unknown;
}
