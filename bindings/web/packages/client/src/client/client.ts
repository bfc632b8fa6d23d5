import { ClientPlatform, usageCode } from "#platform";
import { Context } from "../reads/context.ts";
import { Driver } from "../driver/driver.ts";
import type { Diagnostic } from "../engine/diagnostics.ts";
import { EngineAccess } from "../engine/access.ts";
import type { AnyFlags } from "../reads/plain_value.ts";
import type { ClientParts } from "../driver/parts.ts";
import { LiveReads } from "../reads/live.ts";
import { NotReady } from "./not_ready.ts";
import type { ClientOptions, ContextAttributes } from "../options/options.ts";
import { LateParts } from "./late_parts.ts";
import { LateObservers } from "./late_observers.ts";
import { Overrides } from "../overrides/overrides.ts";
import { prepare, SHARES_HANDLERS } from "./prepare.ts";
import { type ReadyOptions, untilReady } from "./ready.ts";
import {
  attributesIn,
  guarded,
  held,
  intercept,
  type Interceptor,
  listen,
  type LockPolicy,
  type NewState,
  type Notice,
  noticeOnce,
  type Observer,
  onNewState,
  onReadiness,
  onStatus,
  overridesChanged,
  type RawUpdate,
  type Readiness,
  type ReadinessChange,
  release,
  releaseOnly,
  Repository,
  RepositoryWatch,
  type SessionStatus,
  type Subscription,
  type UsageOptions,
} from "../repository/lib.ts";
import { SentSecrets } from "../driver/sent_secrets.ts";
import { type ApiKeys, type KeyKind, Session } from "../session/lib.ts";
import { mustStream, parseHeaders, parseKeys, parseSettings } from "../options/start_error.ts";
import { type Status, statusOf } from "../driver/status.ts";
import type { StateStorage } from "../storage/stored_state.ts";
import { TestUpdates } from "../test_updates/handle.ts";
import { lowerCase, utf8 } from "../text/text.ts";

/**
 * A client of one Edge. The client connects in the background, holds the features of its API keys in memory, and keeps them up to date.
 * Reads use the features in memory; they neither wait nor throw. Listeners are called in microtasks and may call anything. They may
 * be asynchronous: a rejection is counted and reported like an error that they throw.
 *
 * The kind of the key decides who evaluates rules: with a client-evaluated key (with a `*`) the client does, for any number of contexts,
 * with an engine that is loaded when the client is made. With a server-evaluated key the Edge does, for one context at a time.
 *
 * @example
 * ```ts
 * type Flags = { NEW_CHECKOUT: boolean; COLOUR: "red" | "blue" };
 * const client = new Client<Flags>("https://edge.example", "environment/key*");
 * await client.ready({ timeoutMs: 5000 });
 * const mara = client.context({ userkey: "mara" });
 * if (mara.isEnabled("NEW_CHECKOUT")) paint(mara.string("COLOUR", "red"));
 * ```
 */
export class Client<F extends object = AnyFlags> extends LiveReads<F> {
  readonly #repository: Repository;
  readonly #driver: Driver;
  readonly #observers: LateObservers;
  readonly #parts: ClientParts;
  readonly #late: LateParts;
  /** Queues a notice for an attribute whose value cannot be used. */
  readonly #onIgnored: (attribute: string) => void;
  readonly #settings: { readonly url: string; readonly options: ClientOptions };
  #overrides: Overrides<F> | undefined;

  /**
   * Starts a client, which connects in the background.
   *
   * @param url - the URL of the Edge
   * @param apiKey - the API key, or several of one kind. If several environments have a feature with the same key, that of the earliest
   *   API key is used.
   * @throws a TypeError if the URL, a key or a setting can never work. The text contains no key. Failures of the network do not throw,
   *   because the client retries.
   *
   * @example
   * ```ts
   * const options: ClientOptions = { mode: "polling", interval: 30, headers: { "x-shop": "1" } };
   * const several = new Client("https://edge.example", ["first/key*", "second/key*"], options);
   * ```
   */
  constructor(url: string, apiKey: string | Iterable<string>, options: ClientOptions = {}) {
    const ignored: string[] = [];
    const given = options.context && attributesIn(options.context, (name) => ignored.push(name));
    const context = given?.map;
    const settings = parseSettings(url, apiKey, options, context);
    const secrets = new SentSecrets(settings.keys, parseHeaders(options.headers ?? {}));
    const platform = new ClientPlatform(options);
    const { clock } = options;
    const repository: Repository = new Repository({
      clock: () => {
        let now: unknown;
        if (clock) guarded(repository, () => (now = clock()));
        return typeof now === "number" ? now : Date.now();
      },
      events: options.eventQueue,
    });
    const observers = new LateObservers(repository, usageCode);
    // A loop may read a million times before the code is there.
    let waiting = 0;
    repository.mistake = async (...mistake) => {
      if (waiting++ > 9999) return;
      const loaded = await import("./mistakes.ts").catch(() => undefined);
      loaded?.report(repository, mistake);
    };
    prepare(repository, observers, options, given);
    const engineSettings = { ...options, readFile: platform.readFile };
    const access = new EngineAccess(engineSettings, platform, settings.backoff);
    const identification = settings.identification ?? platform.identification;
    const session = new Session({ ...settings, identification }, Math.random, platform.redirected);
    const driver = new Driver({ session, repository, platform, engine: access, secrets });
    const parts = { repository, driver, engine: access, secrets, settings, fetch: options.fetch };
    super(parts, undefined);
    this.#parts = parts;
    this.#repository = repository;
    this.#driver = driver;
    this.#observers = observers;
    this.#settings = { url, options };
    // The incident is one for each name.
    this.#onIgnored = (attribute) => {
      noticeOnce(repository, { kind: "attribute_ignored", attribute }, `@${attribute}`);
    };
    ignored.forEach(this.#onIgnored);
    if (context) driver.handle({ type: "context", commandId: 0, attributes: context });
    this.#late = new LateParts(parts, options, context, platform);
    // The engine's JavaScript arrives while stored features are read, which decide about its module.
    if (settings.keys.kind === "client" && options.mode !== "offline") access.preload();
    const start = (): void => {
      if (options.hydrate === undefined) this.#late.restore();
      driver.handle({ type: "start" });
    };
    if (options.overrides === undefined) start();
    else void this.#late.loadOverrides(this.overrides as Overrides).then(start);
  }

  /**
   * Returns an offline client, whose features come from overrides and from {@link Client.offerFeatures}.
   *
   * @example
   * ```ts
   * const offline = Client.offline();
   * offline.offerFeatures("my-store", "environment", '[{"key":"COLOUR","type":"STRING","value":"red"}]');
   * ```
   */
  static offline<F extends object = AnyFlags>(options: Omit<ClientOptions, "mode"> = {}): Client<F> {
    // The interval of options that serve other clients, too, has no effect.
    return new Client<F>("", [], { ...options, mode: "offline", interval: undefined as never });
  }

  // ---- readiness and status -------------------------------------------------------------------------

  /**
   * Waits until the client is ready. Temporary failures do not end the wait. A program in Node goes on while it waits.
   *
   * @throws {@link NotReady} after the time limit, if the Edge refuses the client, if the client sends no more requests, or if it is closed
   *
   * @example
   * ```ts
   * await client.ready({ timeoutMs: 5000 }).catch(() => console.warn("the program starts with defaults"));
   * ```
   */
  ready(options: ReadyOptions = {}): Promise<void> {
    return untilReady(this.#repository, this.#driver, options);
  }

  /** The readiness of the client. */
  get readiness(): Readiness {
    return this.#repository.live.readiness;
  }

  /** True if the readiness is `READY`. */
  get isReady(): boolean {
    return this.readiness === "READY";
  }

  /** The present status of the client. */
  get status(): Status {
    return statusOf(this.#parts);
  }

  /**
   * Waits until the condition returns true for the status. The condition is checked now, and after each update.
   *
   * @throws {@link NotReady} if the client is closed and the condition is not true, and what the condition throws
   *
   * @example
   * ```ts
   * await client.statusWhen(({ connection }) => connection === "streaming");
   * await client.statusWhen(() => client.string("COLOUR") === "blue");
   * ```
   */
  async statusWhen(condition: (status: Status) => boolean | Promise<boolean>): Promise<Status> {
    const watch = new RepositoryWatch(this.#repository.tasks);
    for (;;) {
      const { status } = this;
      if (await condition(status)) return status;
      if (status.readiness === "CLOSED") throw new NotReady("closed", status.problem);
      await watch.changed();
    }
  }

  // ---- contexts -------------------------------------------------------------------------------------

  /**
   * Returns a context with these attributes. No request is sent.
   *
   * @example
   * ```ts
   * const ada = client.context({ userkey: "ada", plan: ["gold", "beta"] });
   * ```
   */
  context(attributes: ContextAttributes): Context<F> {
    return new Context(this.#parts, attributesIn(attributes, this.#onIgnored));
  }

  /**
   * Sets the context of a server-evaluated key, and returns it once the Edge has evaluated the features for it. At most one other context
   * waits meanwhile.
   *
   * @throws {@link EdgeProblem} if a newer context replaces this one, if the Edge does not answer in time, if the request fails, if the
   *   context has more than 30 attributes, or if the client is closed
   *
   * @example
   * ```ts
   * const ada = await client.setContext({ userkey: "ada" });
   * console.log(ada.string("COLOUR", "red"));
   * ```
   */
  setContext(attributes: ContextAttributes): Promise<Context<F>> {
    return this.context(attributes).activate();
  }

  /**
   * Starts another client with the same settings and the present keys, for another context. The caller closes it. The new client uses the
   * interceptors, the observers and the listener `onNotice` of the options, and none of the other listeners. It neither reads nor writes the
   * storage.
   *
   * @example
   * ```ts
   * using ada = client.isolated({ userkey: "ada" });
   * await ada.ready();
   * ```
   */
  isolated(context: ContextAttributes): Client<F> {
    const { url, options } = this.#settings;
    const keys = this.#keys.list.map((key) => key.expose());
    const isolated: object = {
      ...options,
      context,
      storage: null,
      onReadiness: undefined,
      onStatus: undefined,
      [SHARES_HANDLERS]: true,
    };
    return new Client<F>(url, keys, isolated);
  }

  // ---- the Edge -------------------------------------------------------------------------------------

  /**
   * Requests the features as soon as the limit of the request rate allows, and returns the readiness once they have arrived.
   *
   * @throws {@link EdgeProblem} if the request did not succeed, or if the client is closed
   */
  refresh(): Promise<Readiness> {
    return this.#driver.command((commandId) => ({ type: "refresh", commandId }));
  }

  /**
   * Replaces the API keys, and returns the readiness once the features have arrived.
   *
   * @throws a TypeError if the keys are invalid, or {@link EdgeProblem} if the request did not succeed
   *
   * @example
   * ```ts
   * await client.setApiKeys(["first/key*", "second/key*"]);
   * ```
   */
  async setApiKeys(apiKeys: string | Iterable<string>): Promise<Readiness> {
    const keys = parseKeys(apiKeys, mustStream(this.#settings.options));
    if (keys.kind === "client") this.#parts.engine.preload();
    return this.#driver.setKeys(keys);
  }

  /**
   * Replaces the program's headers, and requests the features with them.
   *
   * @throws a TypeError if a header cannot be sent, or {@link EdgeProblem} if the request did not succeed
   *
   * @example
   * ```ts
   * await client.setHeaders({ authorization: "Bearer another" });
   * ```
   */
  async setHeaders(headers: Readonly<Record<string, string>>): Promise<Readiness> {
    return this.#driver.setHeaders(parseHeaders(headers));
  }

  /**
   * Adds features from the store with this name: `features` is the JSON of a list of features of an environment.
   *
   * @example
   * ```ts
   * client.offerFeatures("my-store", "environment", '[{"key":"COLOUR","type":"STRING","value":"red"}]');
   * ```
   */
  offerFeatures(store: string, environment: string, features: string | Uint8Array): void {
    const source = { kind: "store", name: store } as const;
    this.#driver.handle({ type: "stored", source, environment, features: bytesOf(features) });
  }

  /** Adds one feature, as JSON, from the store with this name. A single feature does not make the client ready. */
  offerFeature(store: string, environment: string, feature: string | Uint8Array): void {
    const source = { kind: "store", name: store } as const;
    this.#driver.handle({ type: "stored_feature", source, environment, feature: bytesOf(feature) });
  }

  /**
   * Keeps the last features in another storage from now on, for example once the visitor has agreed. With null, they are kept no longer, and
   * all entries that clients and `storedSession` have made are removed. The promise is fulfilled once that is done; it is never rejected.
   *
   * @example
   * ```ts
   * const client = new Client(url, key, { storage: null });
   * onConsent((isGiven) => client.setStorage(isGiven ? localStorage : null));
   * ```
   */
  setStorage(storage: StateStorage | null): Promise<void> {
    return this.#late.setStorage(storage);
  }

  /**
   * Returns a handle that changes features at the Edge, for tests.
   *
   * @param apiKey - the API key for the updates, in place of the client's first one, which may have no permission to change features
   *
   * @example
   * ```ts
   * await client.testUpdates().setAndWait("NEW_CHECKOUT", { value: true });
   * ```
   */
  testUpdates(apiKey?: string): TestUpdates<F> {
    return new TestUpdates(this.#parts, apiKey);
  }

  /** Stops sending requests until {@link Client.resume}. Features and readiness stay as they are. */
  suspend(): void {
    this.#driver.suspend("program");
  }

  /** Ends {@link Client.suspend}. A client of a hidden page with the option `whenHidden: "pause"` stays suspended until the page is shown. */
  resume(): void {
    this.#driver.resume("program");
  }

  /** The kind of the API keys, which says whether the client or the Edge evaluates the rules. */
  get keyKind(): KeyKind {
    return this.#keys.kind;
  }

  /** The ids of the environments of the API keys, without duplicates, in the order of the keys. */
  get environments(): string[] {
    const byId = new Map<string, string>();
    for (const { environment } of this.#keys.list) {
      const id = lowerCase(environment);
      if (!byId.has(id)) byId.set(id, environment);
    }
    return [...byId.values()];
  }

  /**
   * Returns the diagnostics of the served features. Each describes a part that the client did not understand or could not use, and how the
   * client treats that part. The full engine is loaded.
   *
   * @throws an error if the engine cannot be loaded
   *
   * @example
   * ```ts
   * for (const { severity, text } of await client.diagnostics()) console.log(severity, text);
   * ```
   */
  async diagnostics(): Promise<Diagnostic[]> {
    return (await import("../reads/explain.ts")).diagnosticsOf(this.#parts);
  }

  // ---- listeners, interceptors and observers ----------------------------------------------------------

  /** Registers a listener that is called each time the client becomes ready for the first time since it was not ready. */
  onReady(call: () => unknown): Subscription {
    return this.onReadiness(({ isFirst }) => isFirst && call());
  }

  /**
   * Registers a listener that is called with the present readiness, and again when the readiness changes.
   *
   * @example
   * ```ts
   * using watch = client.onReadiness(({ readiness }) => console.log(readiness));
   * ```
   */
  onReadiness(call: (change: ReadinessChange) => unknown): Subscription {
    return onReadiness(this.#repository, call);
  }

  /**
   * Registers a listener that is called with the present status, and again when connection, problem or readiness change.
   *
   * @example
   * ```ts
   * using watch = client.onStatus(({ connection, problem }) => console.log(connection, problem));
   * ```
   */
  onStatus(call: (status: SessionStatus) => unknown): Subscription {
    return onStatus(this.#repository, call);
  }

  /**
   * Registers a listener for updates that change features visibly, also for updates that are held back.
   *
   * @example
   * ```ts
   * client.catchUpdates();
   * using watch = client.onNewState(({ isHeld, keys }) => console.log(isHeld, keys));
   * ```
   */
  onNewState(call: (event: NewState) => unknown): Subscription {
    return onNewState(this.#repository, call);
  }

  /** Registers a listener for updates in the form in which they were received. */
  onRaw(call: (update: RawUpdate) => unknown): Subscription {
    return listen(this.#repository, "raw", call);
  }

  /**
   * Registers a listener for unusual events that do not stop the client.
   *
   * @example
   * ```ts
   * using watch = client.onNotice((notice) => console.warn(noticeText(notice)));
   * ```
   */
  onNotice(call: (notice: Notice) => unknown): Subscription {
    return listen(this.#repository, "notice", call);
  }

  /**
   * Registers an interceptor, which can override values.
   *
   * @example
   * ```ts
   * using all = client.intercept({ name: "all-blue", intercept: ({ key }) => (key === "COLOUR" ? "blue" : undefined) });
   * ```
   */
  intercept(interceptor: Interceptor, locks?: LockPolicy): Subscription {
    return intercept(this.#repository, interceptor, locks);
  }

  /** The overrides of this client, which replace the values of features. */
  get overrides(): Overrides<F> {
    return (this.#overrides ??= new Overrides(this.#repository));
  }

  /** Makes change listeners compare their values again, because interceptors may now return other values. */
  overridesChanged(): void {
    overridesChanged(this.#repository);
  }

  /**
   * Registers an observer of the use of features.
   *
   * @example
   * ```ts
   * using counted = client.observe({ observe: (event) => console.log(eventName(event)) }, { oneOf: 100 });
   * ```
   */
  observe(observer: Observer, options: UsageOptions = {}): Subscription {
    return this.#observers.observe(observer, options);
  }

  /** Delivers the waiting events at once, and makes observers send theirs, within a limit in seconds. */
  flush(limit = 0): void {
    this.#driver.flush(limit);
  }

  // ---- catch & release (sdk-behaviour 2.7) --------------------------------------------------------------

  /**
   * Holds updates back from now on. The first list of features and the first list for a new context are served nevertheless.
   *
   * @example
   * ```ts
   * client.catchUpdates();
   * if (client.isHolding) client.release();
   * ```
   */
  catchUpdates(): void {
    this.#repository.isCatching = true;
  }

  /** True from {@link Client.catchUpdates} to {@link Client.stopCatching}. */
  get isCatching(): boolean {
    return this.#repository.isCatching;
  }

  /** True while changes are held back that a reader would see after a release. */
  get isHolding(): boolean {
    return this.#repository.isHolding;
  }

  /** Returns the keys of the features that are held back. */
  heldKeys(): string[] {
    return held(this.#repository) ?? [];
  }

  /** Serves the features that were received last. Later updates are held back again. */
  release(): void {
    release(this.#repository, true);
  }

  /** Serves the last received states of these features only. */
  releaseOnly(keys: Iterable<string>): void {
    releaseOnly(this.#repository, [...keys]);
  }

  /** Serves the features that were received last, and all later updates as they arrive. */
  stopCatching(): void {
    release(this.#repository, false);
  }

  // ---- the end ------------------------------------------------------------------------------------------

  /**
   * Closes the client. The connection ends, and the last events are delivered in a microtask. Later reads use the last features.
   * Further calls have no effect.
   */
  close(): void {
    this.#driver.handle({ type: "stop" });
  }

  /** Waits until a closed client has delivered its last events. */
  closed(): Promise<void> {
    return this.#driver.finished;
  }

  /** Closes the client at the end of the block of `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Closes the client at the end of the block of `await using`, and waits for the last events.
   *
   * @example
   * ```ts
   * await using offline = Client.offline();
   * ```
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed();
  }

  get #keys(): ApiKeys {
    return this.#parts.secrets.keys;
  }
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? utf8(text) : text;
}
