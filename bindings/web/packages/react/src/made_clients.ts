import { Client, type ClientOptions } from "fh-client";

import { sameOptions } from "./same_options.ts";

/** The time in milliseconds after which a client is closed if no component that was rendered with it has been mounted. */
const UNUSED = 60_000;

/** The settings of a client that a provider makes. */
export interface MadeClientSettings {
  readonly url: string;
  readonly apiKey: string | readonly string[];
  readonly options: ClientOptions;
}

/** A client that a provider has made. */
export interface MadeClient {
  readonly client: Client;
  /** The URL and the keys as one text. */
  readonly identity: string;
}

interface Entry extends MadeClient {
  readonly options: ClientOptions;
  /** The provider that uses the client, from its mounting to its unmounting. */
  owner: object | undefined;
  isClosed: boolean;
  timer: unknown;
}

/**
 * The clients that were rendered with, but whose provider is not mounted yet. React may render a provider several times before it mounts
 * it, and may forget the state of each of these renderings. So the renderings with the same settings find the same client here.
 */
const unmounted = new Set<Entry>();

function close(entry: Entry): void {
  entry.isClosed = true;
  unmounted.delete(entry);
  entry.client.close();
}

function take(settings: MadeClientSettings, identity: string): Entry {
  const { url, apiKey, options } = settings;
  for (const entry of unmounted) {
    if (entry.identity === identity && sameOptions(entry.options, options)) return entry;
  }
  const client = new Client(url, apiKey, options);
  const entry: Entry = { client, identity, options, owner: undefined, isClosed: false, timer: undefined };
  entry.timer = setTimeout(close, UNUSED, entry);
  unmounted.add(entry);
  return entry;
}

/** One provider's use of a client. */
export class ClientOwner {
  #entry: Entry | undefined;

  /** Returns the provider's client, or makes one if the provider has none, or has one of another URL or other keys. */
  clientFor(settings: MadeClientSettings): MadeClient {
    const identity = JSON.stringify([settings.url, settings.apiKey]);
    if (this.#entry?.identity === identity && !this.#entry.isClosed) return this.#entry;
    // On a server no component is mounted, so that nothing would close a client that has a connection.
    if (typeof document === "undefined") return { client: Client.offline(settings.options), identity };
    return take(settings, identity);
  }

  /** Keeps the client for the mounted provider. Returns false if another provider has it, or if it is closed. */
  mount(made: MadeClient): boolean {
    const entry = made as Entry;
    if (entry.isClosed || (entry.owner && entry.owner !== this)) return false;
    clearTimeout(entry.timer as number);
    unmounted.delete(entry);
    entry.owner = this;
    this.#entry = entry;
    return true;
  }

  /** Closes the client, unless the same provider is mounted again at once, as in React's strict mode. */
  unmount(made: MadeClient): void {
    const entry = made as Entry;
    entry.owner = undefined;
    queueMicrotask(() => {
      if (!entry.owner && !entry.isClosed) close(entry);
    });
  }
}
