import { type Change, type RawUpdate, sourceName } from "fh-client";

import { event, Misuse } from "adapter-loop";
import type { AdapterClient } from "./clients.ts";
import type { Action, Context, JsonValue, ListenCommand } from "./protocol.ts";
import { valueOf } from "./reads.ts";
import { usageMembers } from "./usage.ts";
import { jsonOf } from "./values.ts";

/** The members of an event. */
type Called = Record<string, unknown>;

/** A listener of the runner: its name, and its actions in each call. */
class Listener {
  readonly #client: AdapterClient;
  readonly #name: string;
  readonly #then: readonly Action[];

  constructor(client: AdapterClient, name: string, then: readonly Action[] | null | undefined) {
    this.#client = client;
    this.#name = name;
    this.#then = then ?? [];
  }

  /** Sends the event of a call, and performs the actions. Reads come first, because the event reports them. */
  call(members: Called): void {
    const t_ms = performance.now();
    const reads = this.#then.flatMap((action) =>
      action.do === "read" ? [[action.feature, valueOf(this.#client, action)] as const] : [],
    );
    const { name: client } = this.#client;
    event("called", { client, listener: this.#name, t_ms, reads: Object.fromEntries(reads), ...members });
    this.#perform(this.#then);
  }

  /** Performs actions in order. A listener that sleeps does so as JavaScript can: it returns, and goes on after the time. */
  #perform(actions: readonly Action[]): void {
    for (const [position, action] of actions.entries()) {
      if (action.do === "sleep") {
        setTimeout(() => {
          this.#perform(actions.slice(position + 1));
        }, action.ms);
        return;
      }
      this.#performOne(action);
    }
  }

  #performOne(action: Exclude<Action, { do: "sleep" }>): void {
    switch (action.do) {
      case "throw":
        throw new Error(`the listener ${this.#name} throws`);
      case "read":
        break;
      case "evaluate":
        valueOf(this.#client, action, action.context);
        break;
      case "listen":
        onFeature(this.#client, action.listener, action.feature);
        break;
      case "unlisten":
        this.#client.listeners.remove(action.listener);
        break;
      case "close":
        this.#client.sdk.close();
    }
  }
}

/** Adds a listener. */
export function listen(client: AdapterClient, command: ListenCommand): void {
  const { listener: name, on, feature, context, then } = command;
  if (on === undefined || on === null || on === "feature") {
    if (feature === undefined || feature === null) throw new Misuse("the member `feature` is missing");
    onFeature(client, name, feature, context, then);
    return;
  }
  client.listeners.add(name, subscribed(client, on, new Listener(client, name, then)));
}

/** Adds a listener for changes of a feature. */
function onFeature(
  client: AdapterClient,
  name: string,
  feature: string,
  context?: Context | null,
  then?: readonly Action[] | null,
): void {
  const listener = new Listener(client, name, then);
  const source = context ? client.sdk.context(context) : client.sdk;
  const subscription = source.onChange(feature, (change) => {
    listener.call(changeMembers(change));
  });
  client.listeners.add(name, subscription);
}

/** Adds a listener for anything but changes of a feature. */
function subscribed(
  client: AdapterClient,
  on: Exclude<ListenCommand["on"], "feature" | null | undefined>,
  listener: Listener,
) {
  const { sdk } = client;
  switch (on) {
    case "readiness":
      return sdk.onReadiness(({ readiness }) => {
        listener.call({ readiness });
      });
    case "new_state":
      return sdk.onNewState(({ isHeld }) => {
        listener.call({ held: isHeld });
      });
    case "raw":
      return sdk.onRaw((update) => {
        listener.call(rawMembers(update));
      });
    case "usage":
      client.reportsUsage = true;
      return sdk.observe({
        observe: (used) => {
          listener.call(usageMembers(used));
        },
      });
    default:
      throw new Misuse(`a listener cannot observe ${String(on)}`);
  }
}

function changeMembers(change: Change): Called {
  const { key, new: value, exists, isLocked, version } = change;
  return { feature: key, value: jsonOf(value), exists, locked: isLocked, version };
}

const RAW_KINDS = { list: "features", feature: "feature", delete: "delete_feature" };

function rawMembers({ kind, source, json }: RawUpdate): Called {
  const features: Record<string, JsonValue> = {};
  collectFeatures(JSON.parse(json), features);
  return { kind: RAW_KINDS[kind], source: sourceName(source), features };
}

/**
 * Adds the keys and versions of all features of an update: a feature, a list of features, or a list of environments. A feature
 * without version has version 0, because null would mean that the key is missing.
 */
function collectFeatures(json: unknown, features: Record<string, JsonValue>): void {
  if (Array.isArray(json)) {
    for (const element of json) collectFeatures(element, features);
  } else if (typeof json === "object" && json !== null) {
    const members = json as { features?: unknown; key?: unknown; version?: unknown };
    if (Array.isArray(members.features)) collectFeatures(members.features, features);
    else if (typeof members.key === "string") features[members.key] = members.version ?? 0;
  }
}
