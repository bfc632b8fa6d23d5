// The requests of the SDK: settings that programs give by the hooks of the SDK's README, and the number of requests that were sent.

import { AsyncLocalStorage } from "node:async_hooks";
import http from "node:http";
import https from "node:https";
// @ts-ignore: the package has no types.
import EventSource from "eventsource";
import { FeatureHubEventSourceClient, FeatureHubPollingClient, NodejsPollingService } from "featurehub-javascript-node-sdk";

import type { Members } from "./loop.ts";

/** The hooks are those of the whole process. They find the client by the call that leads to the request. */
const callers = new AsyncLocalStorage<ClientRequests>();

/** Returns the settings of `create` that the SDK cannot set. */
export function ignoredSettings(command: Members): string[] {
  const { mode, timeouts } = command;
  const settings = ["retry", "refused", "healthy_after_ms", "max_bytes", "store", "context_in_query", "keep_values", "readers"];
  settings.push(mode === "stream" ? "timeouts" : "proxy");
  const limits = mode === "stream" ? [] : ["connect_ms", "head_ms", "idle_ms"].filter((limit) => timeouts?.[limit]);
  return [...settings.filter((setting) => command[setting] != null), ...limits.map((limit) => `timeouts.${limit}`)];
}

/** The requests of one client. */
export class ClientRequests {
  /** Number of requests that were handed to the HTTP library. */
  sent = 0;
  readonly headers?: Record<string, string>;
  readonly ca?: string;
  readonly proxy?: string;

  constructor(command: Members) {
    this.headers = command.headers;
    this.ca = command.ca_pem;
    this.proxy = command.mode === "stream" ? command.proxy : undefined;
  }

  /** Calls a function of the SDK. The requests that it leads to, now and later, are those of this client. */
  from<T>(call: () => T): T {
    return callers.run(this, call);
  }
}

FeatureHubPollingClient.pollingClientProvider = (options, url, frequency, callback) => {
  const service = new NodejsPollingService(options, url, frequency, callback);
  const { headers, ca } = callers.getStore() ?? {};
  if (headers || ca) {
    service.modifyRequestFunction = (request) => {
      Object.assign(request.headers as object, headers);
      if (ca) request.ca = ca;
    };
  }
  return service;
};

FeatureHubEventSourceClient.eventSourceProvider = (url, options: any) => {
  const { headers, ca, proxy } = callers.getStore() ?? {};
  if (headers) options.headers = { ...options.headers, ...headers };
  if (ca) options.https = { ca };
  if (proxy) options.proxy = proxy;
  return new EventSource(url, options) as any;
};

for (const library of [http, https]) {
  const request = library.request as any;
  (library as any).request = (...parameters: any[]) => {
    const caller = callers.getStore();
    if (caller) caller.sent += 1;
    return request(...parameters);
  };
}
