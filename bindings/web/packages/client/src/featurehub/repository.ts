import type { Client } from "../client/client.ts";
import type { AnyFlags, FeatureDetail } from "../reads/plain_value.ts";
import type { LiveReads } from "../reads/live.ts";
import type { Observer, Subscription } from "../repository/lib.ts";
import {
  type AnalyticsCollector,
  type FeatureListener,
  type FeatureListenerHandle,
  FeatureStateBaseHolder,
  type FeatureStateHolder,
} from "./state_holder.ts";
import type { BaseClientContext } from "./context.ts";
import { clientInterceptor, type FeatureValueInterceptor, type InterceptorAnswer } from "./interceptors.ts";
import { leftOut } from "./left_out.ts";
import { callListener } from "./log.ts";
import { MemoryEdge } from "./memory_edge.ts";
import type { FeatureState, SSEResultState } from "./models.ts";
import { observeRaw, type RawUpdateFeatureListener } from "./raw_updates.ts";
import { Readyness, type ReadynessListener, readynessOf } from "./readyness.ts";
import { Registrations } from "./registrations.ts";
import { type UsageEventListener, usageObserver, type UsagePlugin } from "./usage.ts";

/** The number by which a listener for readiness is removed. */
export type ReadinessListenerHandle = number;
/** The number by which a listener for new states is removed. */
export type CatchReleaseListenerHandler = number;
/** A function that is called when features have changed, or when a change is held back. */
export type PostLoadNewFeatureStateAvailableListener = (repository: ClientFeatureRepository) => unknown;

/** A listener of a feature, with the context of its holder. */
interface FeatureRegistration {
  readonly key: string;
  readonly context: BaseClientContext | undefined;
  readonly call: FeatureListener;
  readonly subscribe: (reads: LiveReads<AnyFlags>) => Subscription;
  readonly trigger: (feature: FeatureStateHolder | undefined) => void;
}

/** The features of one or several API keys, with their listeners. A client fills it, or a source of the program by `notify`. */
export class ClientFeatureRepository {
  readonly #holders = new Map<string, FeatureStateHolder>();
  readonly #registrations = new Registrations();
  readonly #features = new Map<FeatureListenerHandle, FeatureRegistration>();
  readonly #interceptors: FeatureValueInterceptor[] = [];
  readonly #collectors: AnalyticsCollector[] = [];
  /** @internal The URL of the Edge. */
  url: string | undefined;
  #client: Client | undefined;
  #memory: MemoryEdge | undefined;
  #isCatching = false;

  /** The client of `fh-client` behind the repository; `undefined` before the first request. */
  get client(): Client | undefined {
    return this.#client;
  }

  /** @internal Reads features from this client from now on. */
  attach(client: Client): void {
    this.#client = client;
    if (this.#isCatching) client.catchUpdates();
    this.#registrations.attach(client);
  }

  /** @internal Returns the reads for a context, or without one. */
  readsFor(context: BaseClientContext | undefined): LiveReads<AnyFlags> | undefined {
    return this.#client && context ? context.of(this.#client) : this.#client;
  }

  /** @internal Returns true if this client, and not the Edge, applied a strategy. */
  appliesStrategy({ reason }: FeatureDetail): boolean {
    return this.#client?.keyKind === "client" && (reason === "STRATEGY_MATCH" || reason === "SPLIT");
  }

  // ---- features -----------------------------------------------------------------------------------------

  /** Returns a feature, which need not exist. */
  feature<T = unknown>(key: string): FeatureStateHolder<T> {
    let holder = this.#holders.get(key);
    if (!holder) this.#holders.set(key, (holder = new FeatureStateBaseHolder(this, key)));
    return holder as FeatureStateHolder<T>;
  }
  getFeatureState<T = unknown>(key: string): FeatureStateHolder<T> {
    return this.feature(key);
  }
  /** Returns a feature that exists or that was read before. */
  hasFeature(key: string): FeatureStateHolder | undefined {
    return this.#client?.exists(key) ? this.feature(key) : this.#holders.get(key);
  }
  /** The keys of the features that exist. */
  get featureKeys(): string[] {
    return this.#client?.keys() ?? [];
  }
  /** The keys of the features that exist. */
  get serverProvidedFeatureKeys(): string[] {
    return this.featureKeys;
  }
  getFlag(key: string): boolean | undefined {
    return this.feature(key).flag;
  }
  getString(key: string): string | undefined {
    return this.feature(key).str;
  }
  getJson(key: string): string | undefined {
    return this.feature(key).rawJson;
  }
  getNumber(key: string): number | undefined {
    return this.feature(key).num;
  }
  isSet(key: string): boolean {
    return this.feature(key).isSet();
  }
  /** Returns the values of all features as texts, which are evaluated without a context. */
  simpleFeatures(): Map<string, string | undefined> {
    const texts = (this.#client?.values() ?? []).map(({ key, kind, value, text }): [string, string?] => {
      if (kind === "BOOLEAN") return [key, value === true ? "true" : "false"];
      const shown = typeof value === "string" || typeof value === "number" ? String(value) : text;
      return shown === undefined ? [key] : [key, kind === "JSON" ? (text ?? shown) : shown];
    });
    return new Map(texts.map(([key, text]) => [key, text]));
  }

  // ---- listeners ----------------------------------------------------------------------------------------

  /** @internal */
  addFeatureListener(registration: FeatureRegistration): FeatureListenerHandle {
    const { call, context, subscribe } = registration;
    const handle = this.#registrations.add(call, (client) =>
      subscribe(context ? context.of(client) : client),
    );
    this.#features.set(handle, registration);
    return handle;
  }
  /** @internal */
  removeFeatureListener(given: FeatureListener | FeatureListenerHandle): void {
    for (const [handle, { call }] of this.#features) {
      if (handle !== given && call !== given) continue;
      this.#features.delete(handle);
      this.#registrations.remove(handle);
      return;
    }
  }
  /** @internal Calls the listeners of a feature. */
  triggerFeatureListeners(key: string, feature: FeatureStateHolder | undefined): void {
    for (const registration of this.#features.values()) {
      if (registration.key === key) registration.trigger(feature);
    }
  }
  /** @internal Makes the listeners of a context follow its present attributes, or removes them. */
  renew(context: BaseClientContext, isClosed = false): void {
    for (const [handle, registration] of this.#features) {
      if (registration.context !== context) continue;
      if (isClosed) this.removeFeatureListener(handle);
      else this.#registrations.renew(handle);
    }
  }

  get readyness(): Readyness {
    return readynessOf(this.#client);
  }
  get readiness(): Readyness {
    return this.readyness;
  }
  addReadynessListener(listener: ReadynessListener): ReadinessListenerHandle {
    return this.addReadinessListener(listener);
  }
  /** Registers a listener that is called at once with the readiness, and again when the readiness changes. */
  addReadinessListener(
    listener: ReadynessListener,
    ignoreNotReadyOnRegister = false,
  ): ReadinessListenerHandle {
    let last = this.readyness;
    if (!ignoreNotReadyOnRegister || last !== Readyness.NotReady)
      callListener(() => listener(last, last === Readyness.Ready));
    return this.#registrations.add(listener, (client) =>
      client.onReadiness(({ readiness, isFirst }): unknown => {
        const state = readynessOf(client);
        if (readiness === "CLOSED" || state === last) return undefined;
        last = state;
        return listener(state, isFirst);
      }),
    );
  }
  removeReadinessListener(handle: ReadynessListener | ReadinessListenerHandle): void {
    this.#registrations.remove(handle);
  }
  /** Registers a listener that is called when features have changed after the first list, or when a change is held back. */
  addPostLoadNewFeatureStateAvailableListener(
    listener: PostLoadNewFeatureStateAvailableListener,
  ): CatchReleaseListenerHandler {
    return this.#registrations.add(listener, (client) =>
      client.onNewState(() => {
        callListener(() => listener(this));
      }),
    );
  }
  removePostLoadNewFeatureStateAvailableListener(
    listener: PostLoadNewFeatureStateAvailableListener | CatchReleaseListenerHandler,
  ): void {
    this.#registrations.remove(listener);
  }
  registerRawUpdateFeatureListener(listener: RawUpdateFeatureListener): number {
    return this.#registrations.add(listener, (client) => observeRaw(client, listener));
  }
  removeRawUpdateFeatureListener(handle: number): void {
    this.#registrations.remove(handle);
  }
  registerUsageStream(listener: UsageEventListener): number {
    return this.#registrations.add(listener, (client) => client.observe(usageObserver(listener)));
  }
  /** @internal Registers a plugin as an observer. */
  addUsagePlugin(plugin: UsagePlugin, observer: Observer): void {
    this.#registrations.add(plugin, (client) => client.observe(observer));
  }
  removeUsageStream(handle: number): void {
    this.#registrations.remove(handle);
  }

  // ---- overrides ----------------------------------------------------------------------------------------

  /** Adds an interceptor. The first one that overrides a feature decides. */
  addValueInterceptor(interceptor: FeatureValueInterceptor): void {
    this.#interceptors.push(interceptor);
    callListener(() => interceptor.repository?.(this));
    const adapted = clientInterceptor(interceptor, this);
    this.#registrations.add(interceptor, (client) => client.intercept(adapted, "decide"));
  }
  valueInterceptorMatched(key: string, feature?: FeatureState): InterceptorAnswer {
    for (const interceptor of this.#interceptors) {
      const answer = interceptor.matched(key, this, feature);
      if (answer && ("value" in answer ? answer.value : answer[0])) return answer;
    }
    return undefined;
  }

  // ---- catch & release ----------------------------------------------------------------------------------

  get catchAndReleaseMode(): boolean {
    return this.#isCatching;
  }
  set catchAndReleaseMode(isOn: boolean) {
    this.#isCatching = isOn;
    if (isOn) this.#client?.catchUpdates();
    else this.#client?.stopCatching();
  }
  /** Serves the features that were received last. */
  release(disableCatchAndRelease = false): Promise<void> {
    if (disableCatchAndRelease) this.catchAndReleaseMode = false;
    else this.#client?.release();
    return Promise.resolve();
  }

  // ---- statistics ---------------------------------------------------------------------------------------

  addAnalyticCollector(collector: AnalyticsCollector): void {
    this.#collectors.push(collector);
  }
  /** Gives the features that have a value to the collectors. */
  logAnalyticsEvent(action: string, other?: Map<string, string>, context?: BaseClientContext): void {
    const features = this.featureKeys
      .map((key) => (context ? this.feature(key).withContext(context) : this.feature(key)))
      .filter((feature) => feature.isSet());
    for (const collector of this.#collectors)
      callListener(() => collector.logEvent(action, other ?? new Map<string, string>(), features));
  }

  // ---- sources of the program ---------------------------------------------------------------------------

  /**
   * Takes features from a source of the program. Reads see them once they have been processed.
   *
   * @throws an error if a client of an Edge fills the repository
   */
  notify(state: SSEResultState, data: unknown): void {
    if (this.#client && !this.#memory)
      leftOut("notify for the repository of an Edge", "use a repository of its own, or Client.offerFeatures");
    if (!this.#memory) {
      this.#memory = new MemoryEdge();
      this.attach(this.#memory.client);
    }
    this.#memory.send(state, data);
  }
  /** Ends the client behind the repository. Its last values answer further. */
  close(): void {
    this.#client?.close();
  }

  apply(): never {
    return leftOut("apply", "the engine evaluates strategies; read features of a context");
  }
  notReady(): never {
    return leftOut("notReady", "the client sets the readiness; see Client.onReadiness");
  }
  broadcastReadynessState(): never {
    return leftOut("broadcastReadynessState", "the client sets the readiness; see Client.onReadiness");
  }
  used(): never {
    return leftOut("used", "the client reports reads to the observers of Client.observe");
  }
  recordUsageEvent(): never {
    return leftOut("recordUsageEvent of a repository", "use recordUsageEvent of a context");
  }
  get usageProvider(): never {
    return leftOut("usageProvider", "use Client.observe, eventName and eventRecord");
  }
  set usageProvider(_provider: unknown) {
    leftOut("usageProvider", "use Client.observe, eventName and eventRecord");
  }
}

/** A repository. */
export type FeatureHubRepository = ClientFeatureRepository;
/** A repository. */
export type InternalFeatureRepository = ClientFeatureRepository;
