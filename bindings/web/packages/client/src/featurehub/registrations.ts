import type { Client } from "../client/client.ts";
import type { Subscription } from "../repository/lib.ts";

interface Registration {
  readonly call: unknown;
  readonly subscribe: (client: Client) => Subscription;
  subscription: Subscription | undefined;
}

/** Listeners by handle. They are subscribed to the present client, and to each later client in its place. */
export class Registrations {
  readonly #entries = new Map<number, Registration>();
  #client: Client | undefined;
  #last = 0;

  /** Adds a listener, and returns its handle. */
  add(call: unknown, subscribe: (client: Client) => Subscription): number {
    const subscription = this.#client && subscribe(this.#client);
    this.#entries.set(++this.#last, { call, subscribe, subscription });
    return this.#last;
  }

  /** Removes a listener, given by its handle or by its function. */
  remove(handleOrCall: unknown): void {
    for (const [handle, { call, subscription }] of this.#entries) {
      if (handle !== handleOrCall && call !== handleOrCall) continue;
      subscription?.unsubscribe();
      this.#entries.delete(handle);
      return;
    }
  }

  /** Subscribes the listeners to a client, in place of the former one. */
  attach(client: Client): void {
    this.#client = client;
    for (const entry of this.#entries.values()) this.#renew(entry, client);
  }

  /** Subscribes one listener again. */
  renew(handle: number): void {
    const entry = this.#entries.get(handle);
    if (entry && this.#client) this.#renew(entry, this.#client);
  }

  #renew(entry: Registration, client: Client): void {
    entry.subscription?.unsubscribe();
    entry.subscription = entry.subscribe(client);
  }
}
