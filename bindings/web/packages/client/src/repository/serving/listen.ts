import type { GivenAttributes } from "../../attributes.ts";
import type { Answer } from "../answer.ts";
import type { Notice } from "../notice.ts";
import { sameProblem } from "../problem.ts";
import type { RawUpdate } from "../publication.ts";
import type { Readiness, SessionStatus } from "../status.ts";
import { sameValue, type Value } from "../value.ts";

/** A change of a feature's value or lock, as one listener sees it. */
export interface Change {
  /** The key of the feature whose value or lock changed. */
  readonly key: string;
  /** The value that this listener saw last; `undefined` if it was null, the feature did not exist, or the client was not ready. */
  readonly old: Value | undefined;
  /** The current value; `undefined` if the value is null or the feature does not exist. */
  readonly new: Value | undefined;
  /** True if the feature was locked before the change. */
  readonly wasLocked: boolean;
  /** True if the feature is locked after the change. */
  readonly isLocked: boolean;
  /** True if the feature exists after the change. */
  readonly exists: boolean;
  /** The version of the feature's value; -1 if the feature does not exist. */
  readonly version: number;
  /** The generation of the snapshot in which the change was seen. */
  readonly generation: number;
}

/** An event that reports the readiness of the client. */
export interface ReadinessChange {
  /** The readiness of the client that the event reports. */
  readonly readiness: Readiness;
  /**
   * True if the client is ready for the first time since the start, or since it last was `NOT_READY`. The first event of a listener,
   * and an event after the queue has overflowed, only report the current readiness: the field is then true if the client is ready.
   */
  readonly isFirst: boolean;
  /** The whole status of the client at the time of the event. */
  readonly status: SessionStatus;
}

/** An event that reports a change of features. */
export interface NewState {
  /** True if catch & release holds the change back until a release. */
  readonly isHeld: boolean;
  /**
   * The keys of the features that were added, removed, or changed visibly. An event for an update that was held before the listener
   * was registered, and an event after the queue has overflowed, hold the keys of all held features instead.
   */
  readonly keys: readonly string[];
}

/** The events of each kind of listener. */
export interface Events {
  newState: NewState;
  readiness: ReadinessChange;
  status: SessionStatus;
  raw: RawUpdate;
  notice: Notice;
  generation: number;
}

/** An event for listeners other than change listeners. */
export type RepositoryEvent = {
  [K in keyof Events]: { readonly kind: K; readonly of: Events[K] };
}[keyof Events];

/** The registration of a listener, an interceptor or an observer. */
export interface Subscription {
  /** Ends the subscription. Later calls have no effect. */
  unsubscribe(): void;
  /** Ends the subscription, at the end of the block of `using`. */
  [Symbol.dispose](): void;
}

/** Returns the subscription that `end` ends. */
export function subscription(end: () => void): Subscription {
  return { unsubscribe: end, [Symbol.dispose]: end };
}

/** The answers of a snapshot, which a change listener compares. */
interface Answers {
  readonly generation: number;
  answer(key: string, attributes: GivenAttributes | undefined): Answer;
}

/** A listener for changes of one feature's value or lock, for one context. */
export class ChangeListener {
  readonly key: string;
  readonly call: (change: Change) => unknown;
  isRemoved = false;
  /** True while the listener is queued for a comparison of its feature with the state that it saw last. */
  isDue = false;
  /** The generation of the snapshot that was compared last. */
  generation: number;
  readonly #attributes: GivenAttributes | undefined;
  #value: Value | undefined;
  #isLocked: boolean;

  constructor(
    snapshot: Answers,
    key: string,
    attributes: GivenAttributes | undefined,
    call: (change: Change) => unknown,
  ) {
    const answer = snapshot.answer(key, attributes);
    this.key = key;
    this.call = call;
    this.generation = snapshot.generation;
    this.#attributes = attributes;
    this.#value = answer.value;
    this.#isLocked = answer.feature?.isLocked ?? false;
  }

  /**
   * Compares the feature's current state with the state that the listener saw last, and stores the current state. Returns the
   * change; `undefined` if there is no difference. Also returns `undefined`, and stores nothing, if the snapshot has the generation
   * that was compared last, or if the client has no features for the context.
   */
  compare(snapshot: Answers): Change | undefined {
    const { generation } = snapshot;
    if (this.generation === generation) return undefined;
    const { feature, value, isNotReady } = snapshot.answer(this.key, this.#attributes);
    // A client that is not ready shows no value, which is not a change.
    if (isNotReady) return undefined;
    this.generation = generation;
    const [old, wasLocked] = [this.#value, this.#isLocked];
    const isLocked = feature?.isLocked ?? false;
    if (sameValue(old, value) && wasLocked === isLocked) return undefined;
    this.#value = value;
    this.#isLocked = isLocked;
    const [exists, version] = [feature !== undefined, feature?.version ?? -1];
    return { key: this.key, old, new: value, wasLocked, isLocked, exists, version, generation };
  }
}

/** Returns true if two statuses differ in connection, problem or readiness. Counters and times are not compared. */
export function isOtherState(old: SessionStatus, status: SessionStatus): boolean {
  const isSame = old.connection === status.connection && old.readiness === status.readiness;
  return !isSame || !sameProblem(old.problem, status.problem);
}

/** A listener for events other than changes of a feature. */
export class EventListener {
  readonly kind: keyof Events;
  readonly call: (event: RepositoryEvent["of"]) => unknown;
  /** The number of the first queued event that the listener gets, apart from the event that is queued for this listener only. */
  readonly since: number;
  isRemoved = false;
  /** The last readiness of which a readiness listener was notified; `undefined` before the first notification. */
  lastReadiness: Readiness | undefined;
  /** The last status that was compared for a status listener; `undefined` before the first comparison. */
  #lastStatus: SessionStatus | undefined;
  /** The last generation of which a generation listener was notified; `undefined` before the first notification. */
  #lastGeneration: number | undefined;

  constructor(kind: keyof Events, call: (event: never) => unknown, since: number) {
    this.kind = kind;
    this.call = call as (event: RepositoryEvent["of"]) => unknown;
    this.since = since;
  }

  /** Returns true if the listener is called for the event: for a state that differs from that of the last call. */
  isNews(event: RepositoryEvent): boolean {
    if (event.kind === "readiness") {
      const previous = this.lastReadiness;
      this.lastReadiness = event.of.readiness;
      return previous !== event.of.readiness;
    }
    if (event.kind === "generation") {
      const previous = this.#lastGeneration;
      this.#lastGeneration = event.of;
      return previous !== event.of;
    }
    if (event.kind !== "status") return true;
    const previous = this.#lastStatus;
    this.#lastStatus = event.of;
    return previous === undefined || isOtherState(previous, event.of);
  }
}
