package fh.client.http;

/** The kind of a request's failure. */
public enum HttpFailure {
    /** No connection could be opened. */
    CONNECT,

    /** No connection could be opened in time. */
    CONNECT_TIMEOUT,

    /** TLS failed, for example because the certificate was not accepted. */
    TLS,

    /** The request failed after the connection was opened. */
    BROKEN,

    /** Another failure. */
    OTHER,

    /** The transport can send no request at all, because a library that it needs is missing or has another version. */
    UNUSABLE,
}
