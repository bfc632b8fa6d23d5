import type { Client, Subscription } from "fh-client";

import { Misuse } from "adapter-loop";
import { checkEngine } from "./engine_watch.ts";
import type { ClientCommand } from "./protocol.ts";

/** Subscriptions by the runner's names. */
export class Subscriptions {
  readonly #byName = new Map<string, Subscription>();

  /** Adds a subscription. A subscription of the same name ends. */
  add(name: string, subscription: Subscription): void {
    this.remove(name);
    this.#byName.set(name, subscription);
  }

  /** Ends the subscription of this name, if there is one. */
  remove(name: string): void {
    this.#byName.get(name)?.unsubscribe();
    this.#byName.delete(name);
  }
}

/** A client, and the listeners and interceptors that the runner has added to it. */
export class AdapterClient {
  readonly name: string;
  readonly sdk: Client;
  readonly listeners = new Subscriptions();
  readonly interceptors = new Subscriptions();
  /** True once a usage listener was added. Each read of the runner then must be one use of the feature. */
  reportsUsage = false;

  constructor(name: string, sdk: Client) {
    this.name = name;
    this.sdk = sdk;
  }
}

/** All clients. Closed clients stay, because reads go on, until another client takes their name. */
const clients = new Map<string, AdapterClient>();

/** Adds a client. */
export function add(client: AdapterClient): void {
  clients.set(client.name, client);
}

/** Checks that a new client may have this name. */
export function checkFree(name: string): void {
  const other = clients.get(name);
  if (other !== undefined && other.sdk.readiness !== "CLOSED") {
    throw new Misuse(`the client ${JSON.stringify(name)} exists and is not closed`);
  }
}

/** Returns the client that a command names. */
export function clientOf({ client: name }: ClientCommand): AdapterClient {
  const client = clients.get(name);
  if (client === undefined) throw new Misuse(`there is no client ${JSON.stringify(name)}`);
  checkEngine(client.sdk);
  return client;
}
