import type { AnyFlags } from "../reads/plain_value.ts";
import type { LiveReads } from "../reads/live.ts";
import type { BaseClientContext } from "./context.ts";
import { leftOut } from "./left_out.ts";
import { callListener } from "./log.ts";
import type { FeatureState, FeatureValueType } from "./models.ts";
import type { ClientFeatureRepository } from "./repository.ts";

/** A function that is called when the value or the lock of a feature changes. */
export type FeatureListener<T = unknown> = (feature: FeatureStateHolder<T>) => unknown;

/** The number by which a listener is removed. */
export type FeatureListenerHandle = number;

/** A feature of a repository, for a context or without one. Each read returns the value that the feature has at that time. */
export class FeatureStateBaseHolder<T = unknown> {
  readonly #repository: ClientFeatureRepository;
  readonly #key: string;
  #context: BaseClientContext | undefined;

  constructor(repository: ClientFeatureRepository, key: string, existing?: FeatureStateBaseHolder) {
    this.#repository = repository;
    this.#key = key;
    if (existing) this.#context = existing.#context;
  }

  get #reads(): LiveReads<AnyFlags> | undefined {
    return this.#repository.readsFor(this.#context);
  }

  get key(): string {
    return this.#key;
  }
  get str(): string | undefined {
    return this.#reads?.string(this.#key);
  }
  get flag(): boolean | undefined {
    return this.#reads?.boolean(this.#key);
  }
  get num(): number | undefined {
    return this.#reads?.number(this.#key);
  }
  get rawJson(): string | undefined {
    return this.#reads?.detailAs(this.#key, "JSON").text;
  }
  get enabled(): boolean {
    return this.flag === true;
  }
  get exists(): boolean {
    return this.#reads?.exists(this.#key) ?? false;
  }
  get locked(): boolean {
    return this.#reads?.peek(this.#key).isLocked ?? false;
  }
  get version(): number {
    return this.#reads?.peek(this.#key).version ?? -1;
  }
  get type(): FeatureValueType | undefined {
    return this.#reads?.peek(this.#key).kind;
  }
  get id(): string | undefined {
    return this.#reads?.peek(this.#key).id;
  }
  get environmentId(): string | undefined {
    return this.#reads?.peek(this.#key).environment;
  }
  get featureProperties(): Record<string, string> | undefined {
    const properties = this.#reads?.peek(this.#key).properties();
    return properties?.length ? Object.fromEntries(properties) : undefined;
  }
  /**
   * The value. A JSON feature has its text as a value, or its document if this client applied a strategy or an override, as in the
   * published SDKs.
   */
  get value(): T | undefined {
    return this.#plain(this.#reads?.detail(this.#key));
  }
  /** The value, which is not reported as a use of the feature. */
  get untrackedValue(): T | undefined {
    return this.#plain(this.#reads?.peek(this.#key));
  }

  getKey(): string {
    return this.#key;
  }
  getString(): string | undefined {
    return this.str;
  }
  getBoolean(): boolean | undefined {
    return this.flag;
  }
  getFlag(): boolean | undefined {
    return this.flag;
  }
  getNumber(): number | undefined {
    return this.num;
  }
  getRawJson(): string | undefined {
    return this.rawJson;
  }
  getType(): FeatureValueType | undefined {
    return this.type;
  }
  getVersion(): number {
    return this.version;
  }
  isEnabled(): boolean {
    return this.enabled;
  }
  isLocked(): boolean {
    return this.locked;
  }
  isSet(): boolean {
    return this.#reads?.isSet(this.#key) ?? false;
  }

  /** Registers a listener that is called when the value or the lock changes, as seen by the context of this holder. */
  addListener(listener: FeatureListener<T>): FeatureListenerHandle {
    const subscribe = (reads: LiveReads<AnyFlags>): ReturnType<LiveReads<AnyFlags>["onChange"]> =>
      reads.onChange(this.#key, () => {
        call(listener, this);
      });
    return this.#repository.addFeatureListener({
      key: this.#key,
      context: this.#context,
      call: listener as FeatureListener,
      subscribe,
      trigger: (feature) => {
        call(listener, (feature ?? this) as FeatureStateHolder<T>);
      },
    });
  }
  /** Removes a listener, given by its handle or by its function. */
  removeListener(handle: FeatureListener<T> | FeatureListenerHandle): void {
    this.#repository.removeFeatureListener(handle as FeatureListener | FeatureListenerHandle);
  }
  /** Calls all listeners of the feature. */
  triggerListeners(feature?: FeatureStateHolder<T>): void {
    this.#repository.triggerFeatureListeners(this.#key, feature);
  }

  /** Returns the feature for a context. */
  withContext(context: BaseClientContext): FeatureStateHolder<T> {
    const copy = new FeatureStateBaseHolder<T>(this.#repository, this.#key);
    copy.#context = context;
    return copy;
  }
  copy(): FeatureStateHolder<T> {
    return new FeatureStateBaseHolder<T>(this.#repository, this.#key, this);
  }
  analyticsCopy(): FeatureStateBaseHolder<T> {
    return this.copy();
  }

  /** Returns the feature without its strategies; `undefined` if the feature does not exist. */
  getFeatureState(): FeatureState | undefined {
    const detail = this.#repository.readsFor(undefined)?.peek(this.#key);
    if (!detail?.exists) return undefined;
    const { id = "", key, version, kind, isLocked, environment } = detail;
    const value = kind === "JSON" ? detail.text : detail.value;
    return {
      id,
      key,
      version,
      l: isLocked,
      value,
      ...(kind && { type: kind }),
      ...(environment !== undefined && { environmentId: environment }),
    };
  }
  setFeatureState(): never {
    return leftOut("setFeatureState", "use notify of a repository, or fh-client/testing");
  }

  #plain(detail: ReturnType<LiveReads<AnyFlags>["peek"]> | undefined): T | undefined {
    if (detail?.kind !== "JSON") return detail?.value as T | undefined;
    const isParsed = detail.reason === "INTERCEPTED" || this.#repository.appliesStrategy(detail);
    return (isParsed ? detail.value : detail.text) as T | undefined;
  }
}

/** A feature of a repository. */
export type FeatureStateHolder<T = unknown> = FeatureStateBaseHolder<T>;

function call<T>(listener: FeatureListener<T>, feature: FeatureStateHolder<T>): void {
  callListener(() => listener(feature));
}

/** A receiver of the events of `logAnalyticsEvent`. */
export interface AnalyticsCollector {
  logEvent(action: string, other: Map<string, string>, features: FeatureStateHolder[]): unknown;
}
