import { type Client, type NewState, NotReady, problemText, type Subscription } from "fh-client";

/** The names of the events that a provider emits, in both SDKs. */
export type ProviderEvent = "Ready" | "Error" | "Stale" | "ConfigurationChanged";

/** The data of an event. */
export type ProviderEventDetails = {
  readonly message?: string;
  readonly errorCode?: "GENERAL";
  readonly flagsChanged?: string[];
};

type Status = "Ready" | "Stale" | "Error" | "NotReady";

/** The events of one provider, which come from one client. */
export class ClientEvents {
  readonly #client: Client;
  readonly #emit: (event: ProviderEvent, details: ProviderEventDetails) => void;
  #subscriptions: Subscription[] = [];
  /** The status that was emitted last, or that the SDK knows from the initialization. */
  #emitted: Status = "NotReady";
  /** The keys of the features whose changes catch & release holds back. */
  #held = new Set<string>();
  /** The keys of the features that changed since the last event. */
  readonly #changed = new Set<string>();
  /** The values by key that were compared last; none while the client has no values. */
  #values = new Map<string, string>();
  /** Number of changes of the context whose outcome the SDK is going to report. */
  #pendingChanges = 0;

  constructor(client: Client, emit: (event: ProviderEvent, details: ProviderEventDetails) => void) {
    this.#client = client;
    this.#emit = emit;
  }

  /**
   * Begins to emit events, after the SDK has reported the outcome of the initialization.
   *
   * @param isReady - true if the initialization succeeded
   */
  start(isReady: boolean): void {
    this.stop();
    const client = this.#client;
    this.#emitted = isReady ? "Ready" : "Error";
    this.#values = this.#currentValues();
    const onStatus = (): void => {
      // The SDK reports the outcome itself, in microtasks that are already queued.
      setTimeout(() => {
        if (this.#subscriptions.length > 0) this.#emitStatus();
      });
    };
    this.#subscriptions = [
      client.onNewState((state) => {
        this.#note(state);
      }),
      client.onGeneration(() => {
        this.#emitChanges();
      }),
      client.onStatus(onStatus),
    ];
  }

  /** Ends the events. */
  stop(): void {
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    this.#held.clear();
    this.#changed.clear();
  }

  /**
   * Waits for a change of the context. The SDK reports its outcome, so the events of the provider do not report it again. If the client has no
   * features for the context in time, the SDK's status is an error, which the provider ends once the client has them.
   */
  async reportedBySdk(change: Promise<void>): Promise<void> {
    this.#pendingChanges++;
    try {
      await change;
      this.#emitted = "Ready";
    } catch (error) {
      // If the context is rejected, the client keeps the former one, and only another context ends the error.
      if (error instanceof NotReady || !this.#client.isReady) this.#emitted = "Error";
      throw error;
    } finally {
      this.#pendingChanges--;
    }
  }

  #emitStatus(): void {
    const status = statusOf(this.#client);
    if (status === "NotReady" || status === this.#emitted) return;
    this.#emitted = status;
    const { problem } = this.#client.status;
    this.#emit(status, {
      ...(problem && status !== "Ready" && { message: problemText(problem) }),
      ...(status === "Error" && { errorCode: "GENERAL" }),
    });
  }

  #note({ isHeld, keys }: NewState): void {
    const noted = isHeld ? this.#held : this.#changed;
    for (const key of keys) noted.add(key);
  }

  /**
   * Emits the keys of the changed features: those of the update, those that were released, and those whose values differ. After a time without
   * values, as while the Edge evaluates another context, these are all features.
   */
  #emitChanges(): void {
    const client = this.#client;
    if (client.readiness === "NOT_READY") {
      this.#values.clear();
      return;
    }
    const held = new Set(client.heldKeys());
    for (const key of this.#held) if (!held.has(key)) this.#changed.add(key);
    this.#held = held;
    const values = this.#currentValues();
    for (const key of new Set([...this.#values.keys(), ...values.keys()]))
      if (this.#values.get(key) !== values.get(key)) this.#changed.add(key);
    this.#values = values;
    const flagsChanged = [...this.#changed];
    this.#changed.clear();
    // The end of an error, and the end of a change of the context, are reported in any case.
    const isReported = this.#pendingChanges > 0 || (this.#emitted === "Error" && client.isReady);
    if (flagsChanged.length > 0 && !isReported) this.#emit("ConfigurationChanged", { flagsChanged });
  }

  /** Returns the values without a context, or those of the context of a server-evaluated key. */
  #currentValues(): Map<string, string> {
    const values = new Map<string, string>();
    for (const { key, value, text, isLocked, reason } of this.#client.values()) {
      if (reason !== "NOT_READY") values.set(key, JSON.stringify([text ?? value, isLocked]));
    }
    return values;
  }
}

/** Returns the status of a provider with this client. */
function statusOf({ readiness, status }: Client): Status {
  if (readiness === "READY") return status.isStale ? "Stale" : "Ready";
  return readiness === "NOT_READY" ? "NotReady" : "Error";
}
