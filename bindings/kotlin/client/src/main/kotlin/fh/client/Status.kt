package fh.client

import java.time.Duration

/** The state of a client at one time. Ages are those of that time. */
public class Status internal constructor(private val members: Map<String, Any?>) {
    /** The readiness. */
    public val readiness: Readiness get() = Readiness.valueOf(members["readiness"].toString())

    /** The state of the connection, such as `streaming`. */
    public val connection: String get() = members["connection"].toString()

    /** The short name of the last problem, such as `unreachable`; null if there is none. */
    public val problem: String? get() = members["problem"]?.toString()

    /** The text of the last problem, without API keys; null if there is none. */
    public val message: String? get() = members["message"]?.toString()

    /** True if the Edge has said that its features are no longer updated. */
    public val isStale: Boolean get() = members["stale"] as Boolean

    /** True if catch & release holds updates back. */
    public val isHolding: Boolean get() = members["holding"] as Boolean

    /** True while listeners block all 64 threads that call them, so that the others wait. */
    public val areListenersWaiting: Boolean get() = members["listenersWaiting"] as Boolean

    /** The number of features. */
    public val features: Int get() = members["features"].toString().toInt()

    /** The number of requests that the client has sent. */
    public val requests: Long get() = members["requests"].toString().toLong()

    /** The number of attempts since the last success. */
    public val attempts: Int get() = members["attempts"].toString().toInt()

    /** The source of the features, such as `streaming` or `bootstrap`; null before the first ones. */
    public val source: String? get() = members["source"]?.toString()

    /** The time since the Edge last sent or confirmed the features; null if it never did. */
    public val sinceContact: Duration? get() = duration("secondsSinceContact")

    /** The age of the features; null without features. */
    public val dataAge: Duration? get() = duration("dataAgeSeconds")

    /** The time until the next attempt; null if none is planned. */
    public val nextAttempt: Duration? get() = duration("nextAttemptSeconds")

    /** The version of the newest flag or segment of FeatBit, in milliseconds since 1970; null before the first flags, and for other systems. */
    public val cursor: Long? get() = members["cursor"]?.toString()?.toLong()

    /** The time by which the clock of FeatBit's server is ahead, if a refusal has shown that the clocks differ; null otherwise. */
    public val clockOffset: Duration?
        get() = members["clockOffsetMillis"]?.toString()?.toLong()?.let(Duration::ofMillis)

    /** The numbers of failures and losses, such as `listenerPanics`, `droppedEvents` and `foreignFeatures`. */
    public val counters: Map<String, Long>
        get() = COUNTERS.associateWith { members[it].toString().toLong() }

    private fun duration(name: String): Duration? =
        members[name]?.toString()?.toDouble()?.let { Duration.ofNanos((it * 1e9).toLong()) }

    override fun equals(other: Any?): Boolean = other is Status && other.members == members

    override fun hashCode(): Int = members.hashCode()

    override fun toString(): String = members.toString()

    private companion object {
        val COUNTERS = listOf(
            "listenerPanics", "interceptorPanics", "observerPanics", "refusedOverrides", "droppedEvents", "droppedUsage",
            "foreignFeatures", "diagnostics",
        )
    }
}
