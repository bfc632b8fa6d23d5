import {
  eventName,
  eventRecord,
  type Observer,
  type UsageEvent as ClientUsageEvent,
  userKey,
} from "../repository/lib.ts";

/** A report of the use of features. */
export interface UsageEvent {
  readonly userKey?: string | undefined;
  readonly eventName?: string | undefined;
  collectUsageRecord(): Readonly<Record<string, unknown>>;
}

/** A function that is called with each report. */
export type UsageEventListener = (event: UsageEvent) => unknown;

/** A receiver of reports, with data that each report gets. */
export interface UsagePlugin {
  readonly defaultPluginAttributes?: Readonly<Record<string, unknown>>;
  readonly canSendAsync?: boolean;
  send(event: UsageEvent): unknown;
}

/** The base of plugins. */
export abstract class DefaultUsagePlugin implements UsagePlugin {
  readonly defaultPluginAttributes: Record<string, unknown> = {};
  canSendAsync = true;

  abstract send(event: UsageEvent): unknown;
}

/** Returns the observer that passes each event to a function. */
export function usageObserver(listener: UsageEventListener): Observer {
  return {
    dispatch: "inline",
    observe: (event) => listener(report(event, {})),
  };
}

/** Returns the observer that passes each event to a plugin. */
export function pluginObserver(plugin: UsagePlugin): Observer {
  return {
    dispatch: plugin.canSendAsync === false ? "inline" : "queued",
    observe: (event) => plugin.send(report(event, plugin.defaultPluginAttributes ?? {})),
  };
}

function report(event: ClientUsageEvent, defaults: Readonly<Record<string, unknown>>): UsageEvent {
  return {
    eventName: eventName(event),
    userKey: event.kind === "collection" ? undefined : userKey(event.attributes),
    collectUsageRecord: () => ({ ...defaults, ...eventRecord(event) }),
  };
}
