/** A function that returns the current time in milliseconds since 1970. */
export type ClockFn = () => number;

/** What wakes the dispatcher. */
export interface Waking {
  /** The function that wakes the dispatcher. */
  onWork: (() => void) | undefined;
  /** True if `onWork` was called and no delivery has begun since then. */
  isAwake: boolean;
}

/** Wakes the dispatcher, unless it was woken and no delivery has begun since then. */
export function wake(repository: Waking): void {
  if (repository.onWork === undefined || repository.isAwake) return;
  repository.isAwake = true;
  repository.onWork();
}

/**
 * Sets the function that is called when there may be work for `deliver` or `deliverSummaries`. The function can be set once. It is not
 * called again until a delivery has begun. The first call comes at once, because events may be waiting.
 */
export function setWaker(repository: Waking, onWork: () => void): void {
  repository.onWork ??= onWork;
  wake(repository);
}
