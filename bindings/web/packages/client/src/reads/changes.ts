import { type Change, plainChange } from "./plain_value.ts";
import type { Change as RepositoryChange, Subscription } from "../repository/lib.ts";
import { sameValue } from "../repository/value.ts";

/**
 * Options of a stream of changes.
 *
 * @example
 * ```ts
 * const options: ChangesOptions = { signal: AbortSignal.timeout(60_000) };
 * for await (const change of mara.changes("COLOUR", options)) console.log(change.new);
 * ```
 */
export interface ChangesOptions {
  /** Ends the stream when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * The changes of one feature as an asynchronous iterator, which holds at most one change: changes that a slow reader has not received are
 * merged, and none is left if the feature is as before again. The iterator ends with the client.
 *
 * @example
 * ```ts
 * for await (const { old, new: value } of mara.changes("COLOUR")) {
 *   console.log(old, value);
 *   if (value === "blue") break;
 * }
 * ```
 */
export class Changes<V> implements AsyncIterableIterator<Change<V>> {
  readonly #subscription: Subscription;
  readonly #options: ChangesOptions;
  #change: RepositoryChange | undefined;
  #waiting: ((result: IteratorResult<Change<V>, undefined>) => void)[] = [];
  #isOver = false;
  readonly #end = (): void => {
    this.#isOver = true;
    this.#subscription.unsubscribe();
    this.#options.signal?.removeEventListener("abort", this.#end);
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  };

  /** @internal */
  constructor(
    subscribe: (call: (change: RepositoryChange) => void) => Subscription,
    finished: Promise<void>,
    options: ChangesOptions,
  ) {
    this.#options = options;
    this.#subscription = subscribe((change) => {
      this.#put(change);
    });
    void finished.then(this.#end);
    if (options.signal?.aborted === true) this.#end();
    else options.signal?.addEventListener("abort", this.#end);
  }

  /** Waits for the next change. */
  next(): Promise<IteratorResult<Change<V>, undefined>> {
    const change = this.#change;
    this.#change = undefined;
    if (change) return Promise.resolve({ done: false, value: plainChange(change) });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the iterator. */
  return(): Promise<IteratorResult<Change<V>, undefined>> {
    this.#change = undefined;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Returns this iterator. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  #put(change: RepositoryChange): void {
    const waiting = this.#waiting.shift();
    if (waiting) {
      waiting({ done: false, value: plainChange(change) });
      return;
    }
    const { old, wasLocked } = this.#change ?? change;
    const isSame = sameValue(old, change.new) && wasLocked === change.isLocked;
    this.#change = isSame ? undefined : { ...change, old, wasLocked };
  }
}
