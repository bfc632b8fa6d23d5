import { held } from "../text/json.ts";
import type { Backoff, Config } from "./config.ts";

/** A generator of random numbers, which are at least 0 and less than 1. */
export type Random = () => number;

/** The longest delay between two connections that had data in which no poll follows. */
const LONGEST_GAP = 5_000;

/** Minimum delay that a {@link Backoff} gives. If its initial delay is shorter, the initial delay is the minimum. */
const SHORTEST = 100;

/** The delays that were used since the last reset, which determine the next delay. All delays are whole milliseconds. */
export class Delays {
  #count = 0;
  #briefWasUsed = false;

  /**
   * Returns the next delay, drawn from `[d × (1 − jitter), d]`. The value `d` is the initial delay after a reset, and doubles with each
   * call, at most 31 times. It is limited by `cap` and by the cap of `backoff`. The delay is at least {@link shortest}.
   */
  next(backoff: Backoff, cap: number, random: Random): number {
    const longest = Math.min(this.#longest(backoff), cap);
    this.#count = Math.min(this.#count + 1, 31);
    const jitter = Number.isFinite(backoff.jitter) ? Math.min(Math.max(backoff.jitter, 0), 1) : 0.5;
    return Math.max(whole(longest - longest * (jitter * random())), shortest(backoff));
  }

  /** Returns the largest value that {@link next} may return. */
  #longest(backoff: Backoff): number {
    return Math.min(backoff.initial * 2 ** this.#count, backoff.cap);
  }

  /** Returns true if the delay of {@link afterDrop} may be so long that the client polls in the middle of it. */
  isGapLong(backoff: Backoff): boolean {
    return !this.#isBrief && this.#longest(backoff) > LONGEST_GAP;
  }

  get #isBrief(): boolean {
    return this.#count === 0 && !this.#briefWasUsed;
  }

  /**
   * Returns the delay after the end of a stream that had sent features. If no delay was used since the last reset, the delay is drawn from
   * the range `brief`. Otherwise the delay is that of {@link Delays.next}.
   */
  afterDrop(brief: Config["returnWithin"], backoff: Backoff, random: Random): number {
    if (!this.#isBrief) return this.next(backoff, backoff.cap, random);
    this.#briefWasUsed = true;
    return within(brief, random);
  }

  /** Restarts the delays: the next delay is again the first. */
  reset(): void {
    this.#count = 0;
    this.#briefWasUsed = false;
  }
}

/** Returns the minimum delay that `backoff` gives. */
export function shortest(backoff: Backoff): number {
  return Math.min(SHORTEST, backoff.initial);
}

/**
 * Returns a random duration within a range, so that clients whose streams end at the same time do not all reconnect at the same time.
 * Returns the start of a range whose end is earlier.
 */
export function within([start, end]: Config["returnWithin"], random: Random): number {
  return Math.max(whole(start + Math.max(end - start, 0) * random()), start);
}

/** Returns the whole milliseconds of a duration, from 0 to 2⁵³ − 1. */
export function whole(millis: number): number {
  return held(Math.floor(Math.max(millis, 0)));
}
