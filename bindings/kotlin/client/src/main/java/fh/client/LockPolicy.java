package fh.client;

/** The effect of an interceptor on locked features. */
public enum LockPolicy {
    /** The interceptor is not called for locked features. */
    RESPECT,

    /** The interceptor overrides locked features, too. */
    OVERRIDE,

    /** The interceptor is called for locked features, and decides about them itself. */
    DECIDE,
}
