package fh.client

import fh.client.http.HttpTransport
import java.time.Duration

/** The way in which a client fetches features. */
public enum class FetchMode {
    /** The client keeps one stream open, and polls while the Edge cannot stream. */
    STREAMING,

    /** The client polls at the start, and again after each interval. */
    POLLING,

    /** The client polls at the start, and again at the first read after the interval. */
    PASSIVE,

    /** The client polls once. */
    ONCE,

    /** The client sends no requests. */
    OFFLINE,
}

/** The values that a client serves while the Edge evaluates a changed context. */
public enum class WhileSwitching {
    /** Reads for the new context have no values until the Edge has sent them. */
    HIDE,

    /** Reads have the values of the former context until then, which suits only programs with a single user. */
    KEEP,
}

/** The settings of a client. A setting that is null has its default. */
public class ClientSettings internal constructor() {
    /** The way in which the client fetches features; `STREAMING` by default with one API key, and `POLLING` with several. */
    public var mode: FetchMode? = null

    /** The time between two polls in the modes `POLLING` and `PASSIVE`; 180 seconds by default. 0 polls once. */
    public var interval: Duration? = null

    /** The first context for which the Edge evaluates a server-evaluated key. */
    public var context: Map<String, Any?>? = null

    /** Features that the client serves from the start, as JSON. */
    public var bootstrap: String? = null

    /** The path of the file in which the client keeps its last features for the next start. */
    public var snapshotFile: String? = null

    /** The maximum age of features in the snapshot file; without it, features of any age are served. */
    public var snapshotMaxAge: Duration? = null

    /** Headers to add to each request, for example for a proxy. */
    public var headers: Map<String, String>? = null

    /** The value of the header `X-SDK`, which identifies the program to the Edge. */
    public var identification: String? = null

    /** The values that the client serves while the Edge evaluates a changed context; `HIDE` by default. */
    public var whileSwitching: WhileSwitching? = null

    /** The time for which the client polls after the Edge could not stream; 600 seconds by default. */
    public var streamAgainAfter: Duration? = null

    /** The time within which the client sends at most two requests; 1 second by default. */
    public var pace: Duration? = null

    /** True to hold back updates after the first features until the program releases them; false by default. */
    public var catchUpdates: Boolean? = null

    /** The transport that sends requests; by default the one that is on the class path. */
    public var transport: HttpTransport? = null

    /** Returns the settings document. */
    internal fun document(): Map<String, Any?> =
        mapOf(
            "mode" to mode?.name?.lowercase(),
            "interval" to interval?.seconds(),
            "context" to context?.let { attributesOf(it) },
            "bootstrap" to bootstrap,
            "snapshotFile" to snapshotFile,
            "snapshotMaxAge" to snapshotMaxAge?.seconds(),
            "headers" to headers,
            "identification" to identification,
            "whileSwitching" to whileSwitching?.name?.lowercase(),
            "streamAgainAfter" to streamAgainAfter?.seconds(),
            "pace" to pace?.seconds(),
            "catchUpdates" to catchUpdates,
        )

    private fun Duration.seconds(): Double = seconds + nano / 1e9
}
