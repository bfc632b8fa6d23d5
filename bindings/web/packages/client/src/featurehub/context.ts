import type { Attributes } from "../attributes.ts";
import type { Client } from "../client/client.ts";
import type { Context } from "../reads/context.ts";
import type { AnyFlags } from "../reads/plain_value.ts";
import { attributesOf, type AttributeValue } from "../repository/lib.ts";
import { contextHeader } from "../session/lib.ts";
import { ClientEdgeService, type EdgeService } from "./edge_service.ts";
import { leftOut } from "./left_out.ts";
import { fhLog } from "./log.ts";
import {
  type FeatureEnvironmentCollection,
  SSEResultState,
  type StrategyAttributeCountryName,
  type StrategyAttributeDeviceName,
  type StrategyAttributePlatformName,
} from "./models.ts";
import { ClientFeatureRepository } from "./repository.ts";
import type { FeatureStateHolder } from "./state_holder.ts";

/** The values of one attribute. `undefined` removes the attribute. */
export type ContextAttribute = AttributeValue;
/** Attributes by name. */
export type ContextRecord = Record<string, ContextAttribute>;

/**
 * The attributes of a user, and the features for them. A change counts at once with a client-evaluated key, and after `build` with a
 * server-evaluated one.
 *
 * @example
 * ```ts
 * const context = await config.newContext().userKey("mara").build();
 * context.isEnabled("NEW_CHECKOUT");
 * ```
 */
export abstract class BaseClientContext {
  readonly #repository: ClientFeatureRepository;
  #attributes = new Map<string, readonly string[]>();
  /** The context of `fh-client` for the present attributes. */
  #context: Context<AnyFlags> | undefined;
  #client: Client | undefined;

  constructor(repository: ClientFeatureRepository) {
    this.#repository = repository;
  }

  /** @internal Returns the context of `fh-client`. */
  of(client: Client): Context<AnyFlags> {
    if (this.#context && client === this.#client) return this.#context;
    this.#client = client;
    return (this.#context = client.context(Object.fromEntries(this.#attributes)));
  }

  /** The attributes, each with its list of values. */
  protected get present(): Attributes {
    return this.#attributes;
  }

  userKey(value: string | undefined): this {
    return this.attributeValue("userkey", value);
  }
  sessionKey(value: string | undefined): this {
    return this.attributeValue("session", value);
  }
  country(value: StrategyAttributeCountryName | undefined): this {
    return this.attributeValue("country", value);
  }
  device(value: StrategyAttributeDeviceName | undefined): this {
    return this.attributeValue("device", value);
  }
  platform(value: StrategyAttributePlatformName | undefined): this {
    return this.attributeValue("platform", value);
  }
  version(version: string | undefined): this {
    return this.attributeValue("version", version);
  }
  /** Sets an attribute. `undefined` removes it. */
  attributeValue(key: string, value: ContextAttribute): this {
    const values = attributesOf([[key, value]]).map.get(key);
    if (values) this.#attributes.set(key, values);
    else this.#attributes.delete(key);
    this.#context = undefined;
    return this;
  }
  attributeValues(key: string, values: readonly string[]): this {
    return this.attributeValue(key, values);
  }
  attribute_value(key: string, value: string): this {
    return this.attributeValue(key, value);
  }
  attribute_values(key: string, values: readonly string[]): this {
    return this.attributeValue(key, values);
  }
  /** Removes all attributes. */
  clear(): this {
    this.#attributes.clear();
    this.#context = undefined;
    return this;
  }
  get attributes(): ContextRecord {
    return Object.fromEntries(
      Array.from(this.#attributes, ([name, values]) => [name, values.length === 1 ? values[0] : values]),
    );
  }
  /** Sets these attributes, and keeps the others. */
  set attributes(record: ContextRecord) {
    for (const [name, value] of Object.entries(record)) {
      this.attributeValue(name.toLowerCase() === "userkey" ? "userkey" : name, value);
    }
  }
  getAttr(key: string, defaultValue?: string): string | undefined {
    return this.#attributes.get(key)?.[0] ?? defaultValue;
  }
  getAttrs(key: string): string[] {
    return [...(this.#attributes.get(key) ?? [])];
  }
  defaultPercentageKey(): string | undefined {
    return this.getAttr("session") ?? this.getAttr("userkey");
  }

  isEnabled(name: string): boolean {
    return this.feature(name).enabled;
  }
  isSet(name: string): boolean {
    return this.feature(name).isSet();
  }
  getNumber(name: string, defaultValue?: number): number | undefined {
    return this.#read(name, defaultValue, (feature) => feature.num);
  }
  getString(name: string, defaultValue?: string): string | undefined {
    return this.#read(name, defaultValue, (feature) => feature.str);
  }
  getRawJson(name: string, defaultValue?: string): string | undefined {
    return this.#read(name, defaultValue, (feature) => feature.rawJson);
  }
  getFlag(name: string, defaultValue?: boolean): boolean | undefined {
    return this.#read(name, defaultValue, (feature) => feature.flag);
  }
  getBoolean(name: string, defaultValue?: boolean): boolean | undefined {
    return this.getFlag(name, defaultValue);
  }
  /** Returns the document of a JSON feature; `undefined` if the text is no document. */
  getJson<T = unknown>(name: string, defaultValue?: T): T | undefined {
    return this.#read<T>(name, defaultValue, ({ rawJson }) => parsed(rawJson) as T | undefined);
  }

  /** Returns a feature for this context. */
  abstract feature<T = unknown>(name: string): FeatureStateHolder<T>;
  /** Makes changed attributes effective, and waits for the features. Failures are logged. */
  abstract build(): Promise<this>;
  /** Ends the context. */
  abstract close(): void;

  repository(): ClientFeatureRepository {
    return this.#repository;
  }
  logAnalyticsEvent(action: string, other = new Map<string, string>(), user?: string): void {
    const key = user ?? this.getAttr("userkey");
    if (key !== undefined) other.set("cid", key);
    this.#repository.logAnalyticsEvent(action, other);
  }
  /** Reports an event to the plugins, with the values of all features for this context. */
  recordNamedUsage(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    this.#repository.readsFor(this)?.record(name, params);
  }
  recordUsageEvent(event: {
    readonly eventName?: string;
    collectUsageRecord(): Readonly<Record<string, unknown>>;
  }): void {
    this.recordNamedUsage(event.eventName ?? "event", event.collectUsageRecord());
  }
  getContextUsage(): never {
    return leftOut("getContextUsage", "use values() of a context of fh-client");
  }
  used(): never {
    return leftOut("used", "the client reports reads to the observers of Client.observe");
  }

  #read<V>(
    name: string,
    defaultValue: V | undefined,
    get: (of: FeatureStateHolder) => V | undefined,
  ): V | undefined {
    const feature = this.feature(name);
    return feature.isSet() ? get(feature) : defaultValue;
  }
}

/** A context. */
export type ClientContext = BaseClientContext;

/** A context whose features this client evaluates. */
export class ClientEvalFeatureContext extends BaseClientContext {
  readonly #edge: EdgeService;

  constructor(repository: ClientFeatureRepository, edge: EdgeService) {
    super(repository);
    this.#edge = edge;
  }

  feature<T = unknown>(name: string): FeatureStateHolder<T> {
    return this.repository().feature<T>(name).withContext(this);
  }
  async build(): Promise<this> {
    await logged(this.#edge.poll());
    this.repository().renew(this);
    return this;
  }
  /** Removes the listeners of the context. The connection serves other contexts further. */
  close(): void {
    this.repository().renew(this, true);
  }
  edgeService(): EdgeService {
    return this.#edge;
  }
}

/** The context of a server-evaluated key, of which a configuration has one. */
export class ServerEvalFeatureContext extends BaseClientContext {
  readonly #supplier: () => EdgeService;
  #edge: EdgeService | undefined;
  #holders = 0;

  constructor(repository: ClientFeatureRepository, edgeServiceSupplier: () => EdgeService) {
    super(repository);
    this.#supplier = edgeServiceSupplier;
  }

  /** Counts a caller that has received the context. */
  addClient(): void {
    this.#holders += 1;
  }
  /** Counts a caller that has closed the configuration. Returns true if it was the last one. */
  removeClient(): boolean {
    this.#holders -= 1;
    return this.#holders <= 0;
  }
  feature<T = unknown>(name: string): FeatureStateHolder<T> {
    return this.repository().feature<T>(name);
  }
  async build(): Promise<this> {
    const edge = (this.#edge ??= this.#supplier());
    const change =
      edge instanceof ClientEdgeService
        ? edge.setContext(new Map(this.present))
        : edge.contextChange(contextHeader(this.present) ?? "");
    await logged(change);
    return this;
  }
  close(): void {
    this.#edge?.close();
    this.#edge = undefined;
  }
  edgeService(): EdgeService | undefined {
    return this.#edge;
  }
}

/** A context over features that the program gives, without an Edge. Reads have values once `build` has waited for them. */
export class LocalClientContext extends BaseClientContext {
  constructor(environment: FeatureEnvironmentCollection) {
    super(new ClientFeatureRepository());
    this.repository().notify(SSEResultState.Features, environment.features ?? []);
  }

  feature<T = unknown>(name: string): FeatureStateHolder<T> {
    return this.repository().feature<T>(name).withContext(this);
  }
  async build(): Promise<this> {
    await logged(this.repository().client?.ready() ?? Promise.resolve());
    return this;
  }
  close(): void {
    this.repository().close();
  }
}

async function logged(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    fhLog.error("Failed to get the features of a context", error);
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
