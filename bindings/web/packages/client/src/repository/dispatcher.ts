import { type Counters, newCounters } from "./counters.ts";

/** A function that returns the current time in milliseconds since 1970. */
export type ClockFn = () => number;

/** The function that wakes the dispatcher, the repository's clock, and the numbers of incidents. */
export class DispatcherState {
  readonly clock: ClockFn;
  readonly tally: Counters = newCounters();
  #onWork: (() => void) | undefined;
  /** True if `onWork` was called and no delivery has begun since then. */
  #isAwake = false;

  constructor(clock: ClockFn) {
    this.clock = clock;
  }

  /** Wakes the dispatcher, unless it was woken and no delivery has begun since then. */
  wake(): void {
    if (this.#onWork === undefined || this.#isAwake) return;
    this.#isAwake = true;
    this.#onWork();
  }

  /** Sets the function that wakes the dispatcher, and calls it at once, because events may be waiting. */
  setOnWork(onWork: () => void): void {
    this.#onWork ??= onWork;
    this.wake();
  }

  /** Records that a delivery begins. Work that arrives from now on has to wake the dispatcher again. */
  beginDelivery(): void {
    this.#isAwake = false;
  }
}
