package fh.client;

/** The readiness of a client, which shows if the client has features to evaluate. */
public enum Readiness {
    /** The client has no features yet. */
    NOT_READY,

    /** The client has features. */
    READY,

    /** The Edge refuses the client. Reads return the last known values. */
    FAILED,

    /** The client is closed. Reads return the last known values. */
    CLOSED,
}
