/**
 * A handle with which an interceptor reports that it may return other values than before; see `Interceptor.registered`.
 */
export interface OverrideChanges {
  /** Makes change listeners compare their values again. A call after the repository was closed has no effect. */
  notify(): void;
}
