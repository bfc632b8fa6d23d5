// The requests of the SDK in a browser, and their number.

import { BrowserPollingService } from "featurehub-javascript-client-sdk";

import type { Members } from "./loop.ts";

// A page may send only those headers that the Edge allows, so additional headers depend on the Edge and not on the SDK.
const IGNORED = ["retry", "refused", "healthy_after_ms", "timeouts", "max_bytes", "headers", "ca_pem", "proxy", "store", "keep_values", "readers"];

/** Returns the settings of `create` that the SDK cannot set in a browser. */
export function ignoredSettings(command: Members): string[] {
  return IGNORED.filter((setting) => command[setting] != null);
}

const clients: ClientRequests[] = [];

/** The requests of one client. */
export class ClientRequests {
  /** Number of polls that were handed to the browser. The browser does not tell how often it connects a stream. */
  sent?: number;
  private readonly url: string;

  constructor(command: Members) {
    this.url = command.edge_url;
    if (command.mode !== "stream") this.sent = 0;
    clients.unshift(this);
  }

  /** Calls a function of the SDK. */
  from<T>(call: () => T): T {
    return call();
  }

  /** Counts a poll for the client that was created last for this Edge. */
  static count(url: string): void {
    const client = clients.find((client) => url.startsWith(client.url));
    if (client?.sent != null) client.sent += 1;
  }
}

/** A poll, which is counted. */
class CountedRequest extends XMLHttpRequest {
  open(method: string, url: string): void {
    ClientRequests.count(url);
    super.open(method, url);
  }
}

BrowserPollingService.httpRequestor = () => new CountedRequest();
