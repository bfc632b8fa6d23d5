import type { Attributes } from "../attributes.ts";
import type { Answer } from "../repository/answer.ts";
import { type ClockFn, wake } from "../repository/dispatcher.ts";
import { subscription, type Subscription } from "../repository/serving/listen.ts";
import type { Repository } from "../repository/serving/mod.ts";
import type { Rules } from "../repository/rules.ts";
import type { Params, UsedFeature } from "../repository/usage/event.ts";
import type { Observer, UsageOptions, UsageSink } from "../repository/usage/mod.ts";
import type * as usage from "../repository/usage/observers.ts";

/** The code for observers, or the function that loads it. */
export type UsageCode = typeof usage | (() => Promise<typeof usage>);

/** Maximum number of uses that are recorded. The oldest one is dropped and counted. */
const MOST_USES = 1024;

/** An observer that is not registered yet, and then its registration. */
interface Waiting {
  readonly register: (code: typeof usage) => Subscription;
  subscription: Subscription | undefined;
  isOver: boolean;
}

/**
 * The observers of a client, whose code is loaded when the first observer is registered. Until then, uses of features are recorded; they are
 * reported with their own times as soon as the code is loaded. If it cannot be loaded, the next delivery tries again.
 */
export class LateObservers implements UsageSink {
  readonly #repository: Repository;
  readonly #load: (() => Promise<typeof usage>) | undefined;
  #code: typeof usage | undefined;
  #isLoading = false;
  readonly #waiting: Waiting[] = [];
  readonly #uses: ((observers: usage.Observers, clock: ClockFn) => void)[] = [];

  constructor(repository: Repository, code: UsageCode) {
    this.#repository = repository;
    if (typeof code === "function") this.#load = code;
    else this.#code = code;
  }

  /** Registers an observer. */
  observe(observer: Observer, options: UsageOptions): Subscription {
    const repository = this.#repository;
    const register: Waiting["register"] = (code) => code.observe(repository, observer, options);
    if (this.#code) return register(this.#code);
    const waiting: Waiting = { register, subscription: undefined, isOver: false };
    this.#waiting.push(waiting);
    repository.live = repository.live.withObservers(this);
    this.deliver();
    return subscription(() => {
      waiting.isOver = true;
      waiting.subscription?.unsubscribe();
    });
  }

  /** {@inheritDoc UsageSink.size} */
  get size(): number {
    return this.#waiting.length;
  }

  /** {@inheritDoc UsageSink.evaluated} */
  evaluated(rules: Rules, key: string, answer: Answer, attributes: Attributes | undefined): void {
    if (!answer.feature) return;
    this.#record((observers, clock) => {
      observers.evaluated(rules, key, answer, attributes, clock);
    });
  }

  /** {@inheritDoc UsageSink.collection} */
  collection(features: () => readonly UsedFeature[]): void {
    const values = features();
    this.#record((observers, clock) => {
      observers.collection(() => values, clock);
    });
  }

  /** {@inheritDoc UsageSink.named} */
  named(
    name: string,
    params: Params,
    attributes: Attributes | undefined,
    features: () => readonly UsedFeature[],
  ): void {
    const values = features();
    this.#record((observers, clock) => {
      observers.named(name, params, attributes, () => values, clock);
    });
  }

  /** Loads the code unless it is being loaded. Delivers nothing. */
  deliver(): boolean {
    if (!this.#isLoading) {
      this.#isLoading = true;
      this.#load?.().then(this.#start, () => (this.#isLoading = false));
    }
    return false;
  }

  /** There are no summaries before the code is loaded. */
  summaries(): undefined {
    return undefined;
  }

  /** There is nothing to flush before the code is loaded. */
  flush(): void {
    this.deliver();
  }

  /** The observers are closed when the code is loaded. */
  close(): void {
    this.deliver();
  }

  #record(use: (observers: usage.Observers, clock: ClockFn) => void): void {
    const at = this.#repository.clock();
    if (this.#uses.length >= MOST_USES) {
      this.#uses.shift();
      this.#repository.counters.droppedUsage++;
    }
    this.#uses.push((observers) => {
      use(observers, () => at);
    });
  }

  readonly #start = (code: typeof usage): void => {
    const repository = this.#repository;
    this.#code = code;
    for (const waiting of this.#waiting.splice(0)) {
      waiting.subscription = waiting.register(code);
      if (waiting.isOver) waiting.subscription.unsubscribe();
    }
    const { observers } = repository.live;
    // A use holds the features that it read, so none is kept after its report.
    for (const use of this.#uses.splice(0))
      if (observers instanceof code.Observers) use(observers, repository.clock);
    wake(repository);
  };
}
