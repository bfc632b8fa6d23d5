import { isVisibleChange } from "../../text/visible_change.ts";
import type { Counters } from "../counters.ts";
import { type ClockFn, wake } from "../dispatcher.ts";
import type { Rules } from "../rules.ts";
import type { SessionStatus } from "../status.ts";
import type { Millis } from "../time.ts";
import { Turns } from "../turns.ts";
import type { Core, IsVisibleChange } from "./core.ts";
import { EventQueue } from "./event_queue.ts";
import { RepositorySnapshot } from "./snapshot.ts";
import { WaitingTasks } from "./watch.ts";

/** The settings of a repository, which are fixed when the repository is created. */
export interface RepositoryOptions {
  /**
   * A function that returns the current time in milliseconds since 1970. The repository calls it when a rule reads `now`, and for the
   * events, summaries and deduplication of usage.
   */
  readonly clock: ClockFn;
  /**
   * Maximum number of readiness, status, new-state, raw and notice events that wait for `deliver`; by default 1,024. When the limit is
   * reached, the oldest event is dropped and counted. A limit of 0 counts as 1.
   */
  readonly events?: number | undefined;
  /** The function that decides if an update changes a feature; by default FeatureHub's rules. */
  readonly isVisibleChange?: IsVisibleChange;
  /** False to evaluate each read anew, which tests compare with kept answers. By default true. */
  readonly keepsAnswers?: boolean;
}

/**
 * The read side of a client: features, listeners, interceptors, observers and readiness. This class holds the data, and the functions of
 * this folder are its operations, so that a bundle has only the operations that a program uses. A driver writes, with `publish` and
 * similar functions, and calls `deliver`. Programs read, subscribe and release. The members of {@link Core} are described there.
 *
 * The repository fetches nothing, reads no clock but its option's, and sets no timer.
 *
 * @example
 * ```ts
 * const repository = new Repository({ clock: () => 0 });
 * repository.live.read("A", "BOOLEAN"); // undefined
 * const evaluated = { context: new Map(), keptFor: undefined, strategies: new Map() };
 * publish(repository, { rules: rulesOf(features, { kind: "unknown" }, evaluated), cause: "first" });
 * ```
 */
export class Repository implements Core {
  /** The current snapshot, for one read or for several reads of the same state. */
  live: RepositorySnapshot;
  readonly events: EventQueue;
  readonly clock: ClockFn;
  readonly isVisibleChange: IsVisibleChange;
  readonly keepsAnswers: boolean;
  readonly counters: Counters = {
    listenerPanics: 0,
    interceptorPanics: 0,
    refusedOverrides: 0,
    observerPanics: 0,
    droppedEvents: 0,
    droppedUsage: 0,
  };
  /** The time on the session's clock when the Edge last sent data; `undefined` before. */
  contact: Millis | undefined;
  onTouch: Core["onTouch"];
  /** True if interceptors and observers belong to another repository, so that this one does not close them. */
  sharesHandlers = false;
  onThrow: Core["onThrow"];
  reportsReads = false;
  log: Core["log"];
  declare mistake: Core["mistake"];
  /** The kinds of notices that are not written to the console any more; `undefined` if the program has a listener of its own. */
  declare warned: Set<string> | undefined;
  onWork: Core["onWork"];
  isAwake = false;
  readonly turns = new Turns();
  /** True if the value of a change listener's feature may have changed since a delivery last took this flag. */
  hasChanged = false;
  /** True once a delivery has reported the collection of all features, even if no observer got it. */
  isCollected = false;
  /** The last update, whether served or held, without the features of revoked environments; `undefined` before the first. */
  latest: Rules | undefined;
  /** True while updates are held back, even while no update is held. */
  isCatching = false;
  /**
   * True if features are held back: if a release of all features would change what a reader sees. This ends when the last visible
   * change is released, or when an update undoes it.
   */
  isHolding = false;
  /** True if the client was reported as ready and has not been reported as not ready since. */
  wasReady = false;
  /** True once the repository is closed. No update is published any more. */
  isClosed = false;
  /** True once the closed repository has removed its listeners. Interceptors and observers are then closed at once. */
  isFinished = false;
  readonly tasks = new WaitingTasks();
  ids = 0;

  /** Creates an empty repository that is not ready. */
  constructor(options: RepositoryOptions) {
    const { clock, events = 1024, keepsAnswers = true } = options;
    this.isVisibleChange =
      options.isVisibleChange ?? ((older, newer) => isVisibleChange(older.json, newer.json));
    this.events = new EventQueue(events);
    this.clock = clock;
    this.keepsAnswers = keepsAnswers;
    this.live = RepositorySnapshot.empty(this);
  }

  /** The current status of the client. */
  get status(): SessionStatus {
    return this.live.status;
  }
}

/** Makes the next delivery compare the features of all change listeners again, and wakes the dispatcher. */
export function compareAgain(repository: Repository): void {
  repository.hasChanged = true;
  wake(repository);
}

/** Returns the number of listeners and observers. */
export function countListeners({ events, live }: Repository): number {
  return events.changeListeners.size + events.eventListeners.size + (live.observers?.size ?? 0);
}
