/**
 * A time on a monotonic clock, in whole milliseconds since a fixed origin, which is usually the start of the driver. The
 * largest time is {@link LAST_MILLIS}; arithmetic saturates there.
 */
export type Millis = number;

/** The largest time, 2⁵³ − 1. Rust's times end at 2⁶⁴ − 1. */
export const LAST_MILLIS: Millis = Number.MAX_SAFE_INTEGER;

/** Returns the time that is `delay` milliseconds after `at`. A part of a millisecond in `delay` is dropped. */
export function after(at: Millis, delay: number): Millis {
  return Math.min(at + Math.floor(delay), LAST_MILLIS);
}

/** Returns the milliseconds that passed from `earlier` to `at`; zero if `earlier` is later than `at`. */
export function since(at: Millis, earlier: Millis): number {
  return Math.max(at - earlier, 0);
}
