import type { Platform } from "./platform.ts";
import type { Millis } from "./repository/time.ts";

/** The advance of the wall clock over the monotonic clock, in milliseconds, from which on the machine has slept. */
const SLEEP = 2_000;

/**
 * The session's clock: whole milliseconds since the start, which never go back. A monotonic clock may stop while the machine sleeps.
 * If the wall clock has advanced at least two seconds more between two calls, the difference is added.
 */
export class DriverClock {
  readonly #platform: Pick<Platform, "monotonic" | "wallClock">;
  #monotonic: number;
  #wall: number;
  #passed = 0;

  constructor(platform: Pick<Platform, "monotonic" | "wallClock">) {
    this.#platform = platform;
    this.#monotonic = platform.monotonic();
    this.#wall = platform.wallClock();
  }

  /** Returns the current time. */
  now(): Millis {
    const [monotonic, wall] = [this.#platform.monotonic(), this.#platform.wallClock()];
    const awake = Math.max(monotonic - this.#monotonic, 0);
    const ahead = wall - this.#wall - awake;
    this.#passed += awake + (ahead >= SLEEP ? ahead : 0);
    [this.#monotonic, this.#wall] = [monotonic, wall];
    return Math.floor(this.#passed);
  }
}
