import { type Attributes, NO_ATTRIBUTES, sameAttributes } from "../attributes.ts";
import { Client } from "../client/client.ts";
import type { ClientOptions, ContextAttributes } from "../options/options.ts";
import type { FeatureHubConfig } from "./config.ts";
import { leftOut } from "./left_out.ts";
import type { ClientFeatureRepository } from "./repository.ts";
import { offerStoredFeatures } from "./stored_features.ts";

/** The longest wait for features in milliseconds. */
const WAIT = 10_000;

/** The source of a repository's features. */
export interface EdgeService {
  /** Sends the context of a server-evaluated key, and waits for its values. */
  contextChange(header: string): Promise<void>;
  clientEvaluated(): boolean;
  requiresReplacementOnHeaderChange(): boolean;
  close(): void;
  /** Starts, and waits for the features. */
  poll(): Promise<void>;
}

/** A client of `fh-client` as the source of features. It connects when features are first needed. */
export abstract class ClientEdgeService implements EdgeService {
  readonly #repository: ClientFeatureRepository;
  readonly #config: FeatureHubConfig;
  readonly #options: ClientOptions;
  #client: Client | undefined;
  #context: Attributes = NO_ATTRIBUTES;

  constructor(repository: ClientFeatureRepository, config: FeatureHubConfig, options: ClientOptions) {
    this.#repository = repository;
    this.#config = config;
    this.#options = options;
  }

  /** The client; `undefined` before it is needed, and after `close`. */
  get client(): Client | undefined {
    return this.#client;
  }
  clientEvaluated(): boolean {
    return this.#config.clientEvaluated();
  }
  requiresReplacementOnHeaderChange(): boolean {
    return false;
  }
  poll(): Promise<void> {
    const client = this.#client ?? this.#start({});
    return client.isReady ? Promise.resolve() : client.ready({ timeoutMs: WAIT });
  }
  contextChange(header: string): Promise<void> {
    return this.setContext(attributesOfHeader(header));
  }
  /** Sends the context of a server-evaluated key, and waits for its values. */
  async setContext(context: Attributes): Promise<void> {
    if (this.clientEvaluated() || (this.#client && sameAttributes(context, this.#context)))
      return this.poll();
    this.#context = context;
    const attributes = Object.fromEntries(context);
    if (this.#client) await this.#client.setContext(attributes);
    else await this.#start(attributes).ready({ timeoutMs: WAIT });
  }
  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  #start(context: ContextAttributes): Client {
    const keys = this.#config.getApiKeys();
    const client = new Client(this.#config.getHost(), keys, { context, ...this.#options });
    this.#client = client;
    this.#repository.attach(client);
    offerStoredFeatures(client, this.#config.getHost(), keys, this.#context);
    return client;
  }
}

/** The settings of a source that polls: the time limit in milliseconds, and false to poll only when features are read. */
export interface RestOptions {
  readonly timeout?: number;
  readonly active?: boolean;
}

/**
 * Polls every so many milliseconds; 0 polls once.
 *
 * @example
 * ```ts
 * config.edgeServiceProvider((repository) => new FeatureHubPollingClient(repository, config, 5000));
 * ```
 */
export class FeatureHubPollingClient extends ClientEdgeService {
  readonly #frequency: number;

  constructor(
    repository: ClientFeatureRepository,
    config: FeatureHubConfig,
    frequency: number,
    { timeout, active = true }: RestOptions = {},
  ) {
    const limits = timeout === undefined ? {} : { limits: { head: timeout / 1000, poll: timeout / 1000 } };
    super(repository, config, {
      mode: active ? "polling" : "passive",
      interval: frequency / 1000,
      ...limits,
    });
    this.#frequency = frequency;
  }

  get canStart(): boolean {
    return this.client?.readiness !== "FAILED";
  }
  get pollingFrequency(): number | undefined {
    return this.client && this.#frequency;
  }
  get active(): boolean {
    return this.client !== undefined;
  }
  get awaitingFirstSuccess(): boolean {
    return this.client?.readiness === "NOT_READY";
  }
  static get pollingClientProvider(): never {
    return leftOut("pollingClientProvider", "give the option fetch to Client");
  }
  static set pollingClientProvider(_provider: unknown) {
    leftOut("pollingClientProvider", "give the option fetch to Client");
  }
}

/** Receives features by a stream. The features of several API keys cannot be streamed, and are polled every 30 seconds. */
export class FeatureHubEventSourceClient extends ClientEdgeService {
  constructor(config: FeatureHubConfig, repository: ClientFeatureRepository) {
    super(
      repository,
      config,
      config.getApiKeys().length > 1 ? { mode: "polling", interval: 30 } : { mode: "streaming" },
    );
  }

  /** True if the Edge has declared the environment stale. */
  get stopped(): boolean {
    return this.client?.status.isStale ?? false;
  }
  override requiresReplacementOnHeaderChange(): boolean {
    return true;
  }
  init(): void {
    void this.poll().catch(() => undefined);
  }
  static get eventSourceProvider(): never {
    return leftOut("eventSourceProvider", "give the option fetch to Client");
  }
  static set eventSourceProvider(_provider: unknown) {
    leftOut("eventSourceProvider", "give the option fetch to Client");
  }
}

/** Returns the attributes of a context header. */
function attributesOfHeader(header: string): Attributes {
  const pairs = header === "" ? [] : header.split(",").map((pair) => pair.split("="));
  return new Map(
    pairs.map(([name = "", value = ""]) => [decodeURIComponent(name), decodeURIComponent(value).split(",")]),
  );
}
