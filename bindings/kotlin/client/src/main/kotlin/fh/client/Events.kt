package fh.client

/** A change of a feature's value or lock. Values are texts; a value that does not exist is null. */
public class Change internal constructor(members: Map<String, Any?>) {
    /** The key of the feature. */
    public val key: String = members["key"].toString()

    /** The value that this listener saw last. */
    public val old: String? = members["old"] as String?

    /** The present value. */
    public val new: String? = members["new"] as String?

    /** True if the feature is locked now. */
    public val isLocked: Boolean = members["isLocked"] as Boolean

    /** True if the feature exists. */
    public val exists: Boolean = members["exists"] as Boolean

    override fun toString(): String = "$key: $old -> $new"
}

/** Is called when a feature changes, on a thread `fh-listeners`. */
public fun interface ChangeListener {
    /** Gets the change. */
    public fun onChange(change: Change)
}

/** Is called with the readiness of a client, on a thread `fh-listeners`. */
public fun interface ReadinessListener {
    /** Gets the readiness. */
    public fun onReadiness(readiness: Readiness)
}

/** The readiness of a client, which shows if the client has features to evaluate. */
public enum class Readiness {
    /** The client has no features yet. */
    NOT_READY,

    /** The client has features. */
    READY,

    /** The Edge refuses the client. Reads return the last known values. */
    FAILED,

    /** The client is closed. Reads return the last known values. */
    CLOSED,
}

/** The registration of a listener. It lasts until it is closed, or until the client has ended. */
public class Subscription internal constructor(private val registration: Long) : AutoCloseable {
    /** Ends the registration. A call that has begun may still run. */
    override fun close(): Unit = fh.client.internal.Bridge.cancel(registration)
}

/** The client has no features, because the Edge refuses it, the client is closed, or the time is over. */
public class NotReadyException internal constructor(message: String) : Exception(message)

/** The readiness, the connection and the problem of a client at one time. */
public class Status internal constructor(private val members: Map<String, Any?>) {
    /** The readiness. */
    public val readiness: Readiness get() = Readiness.valueOf(members["readiness"].toString())

    /** The state of the connection, such as `streaming`. */
    public val connection: String get() = members["connection"].toString()

    /** The short name of the last problem, such as `unreachable`. */
    public val problem: String? get() = members["problem"]?.toString()

    override fun toString(): String = members.toString()
}
