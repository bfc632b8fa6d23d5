package fh.client

import fh.client.internal.Bridge
import fh.client.internal.Handle
import fh.client.internal.listOf
import fh.client.internal.valueOf
import java.util.concurrent.atomic.AtomicBoolean

/** A change of a feature's value or lock. A value is a `Boolean`, a `String` or a `BigDecimal`; a JSON value is its text. */
public class Change internal constructor(members: Map<String, Any?>) {
    /** The key of the feature. */
    public val key: String = members["key"].toString()

    /** The value that this listener saw last; null if there was none. */
    public val old: Any? = valueOf(members["old"])

    /** The present value; null if there is none. */
    public val new: Any? = valueOf(members["new"])

    /** True if the feature was locked before. */
    public val wasLocked: Boolean = members["wasLocked"] as Boolean

    /** True if the feature is locked now. */
    public val isLocked: Boolean = members["isLocked"] as Boolean

    /** True if the feature exists. */
    public val exists: Boolean = members["exists"] as Boolean

    /** The version of the feature's value; -1 if the feature does not exist. */
    public val version: Long = members["version"].toString().toLong()

    /** The generation of the state in which the change was seen. */
    public val generation: Long = members["generation"].toString().toLong()

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

/** Is called with the readiness, the connection and the problem of a client, on a thread `fh-listeners`. */
public fun interface StatusListener {
    /** Gets the status. */
    public fun onStatus(status: StatusChange)
}

/** The readiness, the connection and the problem of a client, for a listener. */
public class StatusChange internal constructor(members: Map<String, Any?>) {
    /** The readiness. */
    public val readiness: Readiness = Readiness.valueOf(members["readiness"].toString())

    /** The state of the connection, such as `streaming`. */
    public val connection: String = members["connection"].toString()

    /** The short name of the last problem, such as `unreachable`; null if there is none. */
    public val problem: String? = members["problem"]?.toString()

    /** The text of the last problem, without API keys; null if there is none. */
    public val message: String? = members["message"]?.toString()

    override fun toString(): String = "$readiness, $connection" + if (problem == null) "" else ", $problem"
}

/** Is called with updates that change features visibly, on a thread `fh-listeners`. */
public fun interface NewStateListener {
    /** Gets the keys of the features. */
    public fun onNewState(state: NewState)
}

/** An update that changed features visibly. */
public class NewState internal constructor(members: Map<String, Any?>) {
    /** True if catch & release holds the update back. */
    public val isHeld: Boolean = members["isHeld"] as Boolean

    /** The keys of the features that changed. */
    public val keys: List<String> = listOf(members["keys"])

    override fun toString(): String = "NewState of ${keys.joinToString()}"
}

/** Is called with the unchanged text of updates, on a thread `fh-listeners`. */
public fun interface RawListener {
    /** Gets the update. */
    public fun onRaw(update: RawUpdate)
}

/** The unchanged text of an update. */
public class RawUpdate internal constructor(members: Map<String, Any?>) {
    /** The source of the update. */
    public val source: String = members["source"].toString()

    /** The id of the environment; null if the update may hold several environments. */
    public val environment: String? = members["environment"]?.toString()

    /** The kind of the update: `list`, `feature` or `delete`. */
    public val kind: String = members["kind"].toString()

    /** The JSON text. */
    public val json: String = members["json"].toString()

    override fun toString(): String = "RawUpdate($source, $kind)"
}

/** Is called with unusual events that do not stop the client, on a thread `fh-listeners`. */
public fun interface NoticeListener {
    /** Gets the event. */
    public fun onNotice(notice: Notice)
}

/** An unusual event that does not stop the client. */
public class Notice internal constructor(members: Map<String, Any?>) {
    /** The name of the kind of event, such as `fell_back_to_polling`. */
    public val kind: String = members["kind"].toString()

    private val text = members["text"].toString()

    /** Returns a text for people. */
    override fun toString(): String = text
}

/** The registration of a function. It lasts until it is closed, or until the client has ended. A registration that is forgotten goes on. */
public class Subscription internal constructor(registration: Long) : AutoCloseable {
    private val handle = Handle(registration, Bridge::detach)
    private val isClosed = AtomicBoolean()

    /** Ends the registration. A call that has begun may still run. */
    override fun close() {
        if (isClosed.compareAndSet(false, true)) handle.use { number -> Bridge.cancel(number) }
    }
}
