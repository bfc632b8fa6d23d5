import type { Platform } from "../platform/platform.ts";
import { runs } from "../repository/panic_guard.ts";
import type { Millis } from "../repository/time.ts";

/** The advance of the wall clock over the monotonic clock, in milliseconds, from which on the machine has slept. */
const SLEEP = 2_000;

/**
 * The session's clock: whole milliseconds since the start, which never go back. A monotonic clock may stop while the machine sleeps.
 * If the wall clock has advanced at least two seconds more between two calls, the difference is added. A clock that throws stands still.
 */
export class DriverClock {
  readonly #platform: Pick<Platform, "monotonic" | "wallClock">;
  #monotonic = NaN;
  #wall = NaN;
  #passed = 0;
  #isBroken = false;

  constructor(platform: Pick<Platform, "monotonic" | "wallClock">) {
    this.#platform = platform;
    this.now();
  }

  /** Returns the current time. */
  now(): Millis {
    let [monotonic, wall] = [this.#monotonic, this.#wall];
    this.#isBroken = !runs(() => (monotonic = this.#platform.monotonic()));
    runs(() => (wall = this.#platform.wallClock()));
    const awake = Math.max(monotonic - this.#monotonic, 0) || 0;
    const ahead = wall - this.#wall - awake;
    this.#passed += awake + (ahead >= SLEEP ? ahead : 0);
    [this.#monotonic, this.#wall] = [monotonic, wall];
    return Math.floor(this.#passed);
  }

  /** Notes that a timer with this delay has fired, which is the only sign of time while the monotonic clock throws. */
  waited(delay: Millis): void {
    if (this.#isBroken) this.#passed += delay;
  }
}
