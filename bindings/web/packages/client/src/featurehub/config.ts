import type { Client } from "../client/client.ts";
import { ApiKeys } from "../session/lib.ts";
import type { AnalyticsCollector, FeatureStateHolder } from "./state_holder.ts";
import {
  type BaseClientContext,
  ClientEvalFeatureContext,
  type ContextRecord,
  ServerEvalFeatureContext,
} from "./context.ts";
import { type EdgeService, FeatureHubEventSourceClient, FeatureHubPollingClient } from "./edge_service.ts";
import type { FeatureValueInterceptor } from "./interceptors.ts";
import { leftOut } from "./left_out.ts";
import { fhLog } from "./log.ts";
import type { RawUpdateFeatureListener } from "./raw_updates.ts";
import type { Readyness, ReadynessListener } from "./readyness.ts";
import { ClientFeatureRepository, type ReadinessListenerHandle } from "./repository.ts";
import { pluginObserver, type UsagePlugin } from "./usage.ts";

/** The ways to fetch features. */
export const EdgeType = { STREAMING: 0, REST_PASSIVE: 1, REST_ACTIVE: 2 } as const;
/** The ways to fetch features. */
export type EdgeType = (typeof EdgeType)[keyof typeof EdgeType];

/** A function that makes the source of a repository's features. */
export type EdgeServiceProvider = (
  repository: ClientFeatureRepository,
  config: FeatureHubConfig,
  edgeType: EdgeType,
  timeout: number,
) => EdgeService;

/** A function that returns the source of features. */
export type EdgeServiceSupplier = () => EdgeService;

/** The interval of polls in milliseconds, if a program gives none. */
const [INTERVAL, FIRST_INTERVAL] = [180_000, 30_000];

/**
 * An Edge with its API keys. Features arrive by a stream in Node, and by a poll every 30 seconds in browsers, unless the program says
 * otherwise.
 *
 * @example
 * ```ts
 * const config = new EdgeFeatureHubConfig("https://edge.example", "environment/key*");
 * const context = await config.newContext().userKey("mara").build();
 * ```
 */
export class EdgeFeatureHubConfig {
  /** Makes the source of features, unless a configuration has another function. */
  static defaultEdgeServiceSupplier: EdgeServiceProvider = (repository, config, edgeType, timeout) =>
    edgeType === EdgeType.STREAMING
      ? new FeatureHubEventSourceClient(config, repository)
      : new FeatureHubPollingClient(repository, config, timeout, {
          active: edgeType === EdgeType.REST_ACTIVE,
        });
  static #singleton: EdgeFeatureHubConfig | undefined;

  readonly #givenUrl: string;
  readonly #host: string;
  readonly #keys: string[];
  #repository: ClientFeatureRepository | undefined;
  #provider: EdgeServiceProvider | undefined;
  #edge: EdgeService | undefined;
  #context: ServerEvalFeatureContext | undefined;
  #edgeType: EdgeType;
  #interval = FIRST_INTERVAL;
  #isClosed = false;

  constructor(host: string | undefined, apiKey: string | undefined) {
    if (typeof host !== "string" || typeof apiKey !== "string")
      throw new Error("apiKey and host must not be null; use Client.offline for a client without an Edge");
    this.#givenUrl = host;
    this.#keys = [apiKey];
    const slashed = host.endsWith("/") ? host : `${host}/`;
    this.#host = slashed.endsWith("/features/") ? slashed.slice(0, -"features/".length) : slashed;
    this.#edgeType = typeof document === "undefined" ? EdgeType.STREAMING : EdgeType.REST_ACTIVE;
  }

  /** Returns the configuration of the last call if it has the same URL and key. Otherwise it is closed, and another one returned. */
  static config(url: string, apiKey: string): EdgeFeatureHubConfig {
    const last = EdgeFeatureHubConfig.#singleton;
    if (last && last.#givenUrl === url && last.#keys[0] === apiKey) return last;
    last?.forceClose();
    return (EdgeFeatureHubConfig.#singleton = new EdgeFeatureHubConfig(url, apiKey));
  }

  /** The client of `fh-client` behind the configuration; `undefined` before the first request. */
  get client(): Client | undefined {
    return this.repository().client;
  }

  // ---- settings -----------------------------------------------------------------------------------------

  url(): string {
    return `${this.#host}features/${this.#keys[0] ?? ""}`;
  }
  /** Returns the URL of the stream, or that of the polls. */
  featureUrl(): string {
    if (this.#edgeType === EdgeType.STREAMING) return this.url();
    return `${this.#host}features?${this.#keys.map((key) => `apiKey=${encodeURIComponent(key)}`).join("&")}`;
  }
  getHost(): string {
    return this.#host;
  }
  getApiKeys(): string[] {
    return [...this.#keys];
  }
  /** Adds an API key. */
  apiKey(apiKey: string): this {
    this.#keys.push(apiKey);
    return this;
  }
  clientEvaluated(): boolean {
    return this.#keys[0]?.includes("*") ?? false;
  }
  set isClientEvaluated(_value: boolean) {
    leftOut("isClientEvaluated", "the kind of the API key decides; use Client.offline without an Edge");
  }
  /** The id of the environment of the first API key. */
  get environmentId(): string {
    const keys = ApiKeys.parse(this.#keys);
    return typeof keys === "string" ? "" : (keys.list[0]?.environment ?? "");
  }
  set environmentId(_id: string) {
    leftOut("environmentId", "use Client.offline and Client.offerFeatures");
  }
  get edgeType(): EdgeType {
    return this.#edgeType;
  }
  /** The interval of polls in milliseconds. */
  get edgeSupplierTimeout(): number {
    return this.#interval;
  }
  /** Polls every so many milliseconds. Call this method before the first request. */
  restActive(interval = INTERVAL): this {
    return this.#use(EdgeType.REST_ACTIVE, interval);
  }
  /** Polls when a feature is read after so many milliseconds. Call this method before the first request. */
  restPassive(interval = INTERVAL): this {
    return this.#use(EdgeType.REST_PASSIVE, interval);
  }
  /** Receives features by a stream. Call this method before the first request. */
  streaming(): this {
    return this.#use(EdgeType.STREAMING, this.#interval);
  }
  #use(edgeType: EdgeType, interval: number): this {
    this.#edgeType = edgeType;
    this.#interval = interval;
    return this;
  }

  /** Returns the repository, after replacing it if one is given. */
  repository(repository?: ClientFeatureRepository): ClientFeatureRepository {
    if (repository) this.#repository = repository;
    this.#repository ??= new ClientFeatureRepository();
    this.#repository.url = this.#host;
    return this.#repository;
  }
  /** Returns the function that makes the source of features, after replacing it if one is given. */
  edgeServiceProvider(provider?: EdgeServiceProvider): EdgeServiceProvider {
    if (provider) this.#provider = provider;
    return this.#provider ?? EdgeFeatureHubConfig.defaultEdgeServiceSupplier;
  }

  // ---- contexts and features ----------------------------------------------------------------------------

  /** Returns a context without attributes. With a server-evaluated key, all callers get the same one. */
  newContext(
    repository: ClientFeatureRepository = this.repository(),
    provider: EdgeServiceProvider = this.edgeServiceProvider(),
  ): BaseClientContext {
    if (this.clientEvaluated())
      return new ClientEvalFeatureContext(repository, this.#edgeOf(repository, provider));
    this.#context ??= new ServerEvalFeatureContext(repository, () => this.#edgeOf(repository, provider));
    this.#context.addClient();
    return this.#context;
  }
  /** Returns a context with these attributes. */
  context(attributes: ContextRecord = {}): BaseClientContext {
    const context = this.newContext();
    context.attributes = attributes;
    return context;
  }
  /** Returns a feature of a server-evaluated key. */
  feature<T = unknown>(name: string): FeatureStateHolder<T> {
    if (this.clientEvaluated())
      throw new Error(
        "You cannot use this method for client evaluated keys, please get a context with .newContext()",
      );
    return this.newContext().feature(name);
  }
  #edgeOf(repository: ClientFeatureRepository, provider: EdgeServiceProvider): EdgeService {
    this.#isClosed = false;
    return (this.#edge ??= provider(repository, this, this.#edgeType, this.#interval));
  }

  // ---- life ---------------------------------------------------------------------------------------------

  /** Starts. Failures are logged. */
  init(): this {
    if (this.#edge) return this;
    this.#edgeOf(this.repository(), this.edgeServiceProvider())
      .poll()
      .catch((error: unknown) => {
        fhLog.error("Failed to connect to FeatureHub Edge", error);
      });
    return this;
  }
  /** Starts, and waits for the features. Returns the readiness also if none arrive within the time. */
  async waitForReady(timeoutMs = 10_000): Promise<Readyness> {
    this.init();
    await this.client?.ready({ timeoutMs }).catch(() => undefined);
    return this.readiness;
  }
  get initialized(): boolean {
    return this.#edge !== undefined;
  }
  get closed(): boolean {
    return !this.initialized;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }
  /** Ends the connection, once the last caller of `newContext` has closed. The last values answer further. */
  close(): void {
    if (this.#context && !this.#context.removeClient()) return;
    this.forceClose();
    this.#context = undefined;
    this.#isClosed = true;
  }
  /** Ends the connection. A later request opens another one. */
  closeEdge(): void {
    this.#edge?.close();
    this.#edge = undefined;
  }
  forceClose(): void {
    this.closeEdge();
  }

  // ---- listeners ----------------------------------------------------------------------------------------

  get readyness(): Readyness {
    return this.repository().readyness;
  }
  get readiness(): Readyness {
    return this.readyness;
  }
  addReadynessListener(listener: ReadynessListener): ReadinessListenerHandle {
    return this.addReadinessListener(listener);
  }
  addReadinessListener(
    listener: ReadynessListener,
    ignoreNotReadyOnRegister?: boolean,
  ): ReadinessListenerHandle {
    return this.repository().addReadinessListener(listener, ignoreNotReadyOnRegister);
  }
  removeReadinessListener(handle: ReadynessListener | ReadinessListenerHandle): void {
    this.repository().removeReadinessListener(handle);
  }
  addAnalyticCollector(collector: AnalyticsCollector): void {
    this.repository().addAnalyticCollector(collector);
  }
  addValueInterceptor(interceptor: FeatureValueInterceptor): void {
    this.repository().addValueInterceptor(interceptor);
  }
  registerRawUpdateFeatureListener(listener: RawUpdateFeatureListener): void {
    this.repository().registerRawUpdateFeatureListener(listener);
  }
  /** Reports the use of features to a plugin. */
  addUsagePlugin(plugin: UsagePlugin): this {
    this.repository().addUsagePlugin(plugin, pluginObserver(plugin));
    return this;
  }
  registerUsagePlugin(plugin: UsagePlugin): this {
    return this.addUsagePlugin(plugin);
  }
}

/** A configuration. */
export type FeatureHubConfig = EdgeFeatureHubConfig;
