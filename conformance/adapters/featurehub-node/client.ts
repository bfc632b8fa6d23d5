// A client of the SDK, as the operations use it.

import {
  ClientEvalFeatureContext,
  EdgeFeatureHubConfig,
  FeatureHubEventSourceClient,
  FeatureHubPollingClient,
  type BaseClientContext,
  type ClientContext,
  type EdgeService,
  type InternalFeatureRepository,
  type NodejsOptions,
} from "featurehub-javascript-node-sdk";

import { CANNOT } from "./capabilities.ts";
import { Misuse, Unsupported, type Members } from "./loop.ts";
import { ClientRequests, ignoredSettings } from "./requests.ts";

const clients = new Map<string, Client>();

/** Returns the client that a command names. */
export function clientOf(command: Members): Client {
  const client = clients.get(command.client);
  if (!client) throw new Misuse(`there is no client ${JSON.stringify(command.client)}`);
  return client;
}

/** Sets the attributes of a context. */
export function withAttributes(context: ClientContext, attributes: Members): ClientContext {
  for (const [name, values] of Object.entries(attributes)) context.attributeValues(name, values);
  return context;
}

export class Client {
  readonly config: EdgeFeatureHubConfig;
  readonly repository: InternalFeatureRepository;
  readonly ignored: string[];
  /** Removes a listener, by its name. */
  readonly listeners = new Map<string, () => void>();
  readonly requests: ClientRequests;
  edge!: EdgeService;
  /** The one context of a server-evaluated key. */
  private serverContext?: ClientContext;

  constructor(readonly name: string, command: Members) {
    const { edge_url: url, keys, mode, timeouts } = command;
    if (mode === "passive") throw new Unsupported(CANNOT["poll.passive"]);
    this.config = new EdgeFeatureHubConfig(url, keys[0]);
    for (const key of keys.slice(1)) this.config.apiKey(key);
    this.requests = new ClientRequests(command);
    this.ignored = ignoredSettings(command);
    if (mode === "stream") {
      this.provide((repository) => new FeatureHubEventSourceClient(this.config, repository));
    } else {
      const options: NodejsOptions = timeouts?.poll_ms ? { timeout: timeouts.poll_ms } : {};
      const interval = mode === "once" ? 0 : (command.poll_ms ?? 30000);
      this.provide((repository) => new FeatureHubPollingClient(repository, this.config, interval, options));
    }
    this.repository = this.config.repository();
    this.repository.catchAndReleaseMode = command.catch === true;
    this.requests.from(() => this.start(command.context));
    clients.set(name, this);
  }

  private provide(edge: (repository: InternalFeatureRepository) => EdgeService): void {
    this.config.edgeServiceProvider((repository) => (this.edge = edge(repository)));
  }

  private start(attributes: Members | null | undefined): void {
    if (attributes && !this.config.clientEvaluated()) {
      void this.context(attributes).build();
    } else {
      this.config.init();
    }
  }

  /** Returns a context with these attributes. A server-evaluated key has one context, whose attributes change. */
  context(attributes: Members): ClientContext {
    if (this.config.clientEvaluated()) {
      return withAttributes(new ClientEvalFeatureContext(this.repository, this.edge), attributes);
    }
    this.serverContext ??= this.config.newContext();
    return withAttributes(this.serverContext.clear(), attributes);
  }

  /** Returns the context through which a feature is read, if it matters. */
  readContext(attributes: Members | null | undefined): BaseClientContext | undefined {
    return attributes && this.config.clientEvaluated() ? (this.context(attributes) as BaseClientContext) : undefined;
  }

  readiness(): string {
    if (this.config.closed) return "CLOSED";
    return { NotReady: "NOT_READY", Ready: "READY", Failed: "FAILED" }[this.config.readiness];
  }
}
