/** Numbers of incidents since the repository was created. */
export interface Counters {
  /** Number of calls in which a listener or the clock threw, or returned a promise that was rejected. */
  listenerPanics: number;
  /** Number of calls in which an interceptor threw, or returned a promise that was rejected. */
  interceptorPanics: number;
  /** Number of overrides that were refused because their value cannot be converted to the feature's type. */
  refusedOverrides: number;
  /** Number of calls in which an observer threw, or returned a promise that was rejected. */
  observerPanics: number;
  /** Number of readiness, status, new-state, raw and notice events that were dropped because a queue was full. */
  droppedEvents: number;
  /** Number of usage events that were dropped because the queue of an observer was full. */
  droppedUsage: number;
}
