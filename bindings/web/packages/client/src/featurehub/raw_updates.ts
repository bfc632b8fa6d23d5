import type { Client } from "../client/client.ts";
import { sourceName, type Subscription } from "../repository/lib.ts";
import type { FeatureEnvironmentCollection, FeatureState } from "./models.ts";

/** A receiver of updates in the form in which an Edge sent them, for example a store. */
export interface RawUpdateFeatureListener {
  readonly connected?: boolean;
  processUpdates(features: FeatureState[], source: string): unknown;
  processUpdate(feature: FeatureState, source: string): unknown;
  deleteFeature(feature: FeatureState, source: string): unknown;
  close?(): void;
  configChanged?(): void;
}

/** Passes the updates that a client receives to a listener. */
export function observeRaw(client: Client, listener: RawUpdateFeatureListener): Subscription {
  return client.onRaw(({ json, kind, source, environment }) => {
    const data = JSON.parse(json) as unknown;
    const name = sourceName(source);
    if (kind === "list") return listener.processUpdates(features(data, environment), name);
    if (kind === "feature") return listener.processUpdate(data as FeatureState, name);
    return listener.deleteFeature(data as FeatureState, name);
  });
}

/** Returns the features of a list, which is a list of environments if it is the answer of a poll. */
function features(data: unknown, environment: string | undefined): FeatureState[] {
  const list = data as (FeatureState | FeatureEnvironmentCollection)[];
  return list.flatMap((item) => {
    if ("key" in item) return environment === undefined ? item : { ...item, environmentId: environment };
    return (item.features ?? []).map((feature) => ({ ...feature, environmentId: item.id }));
  });
}
