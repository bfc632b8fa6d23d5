package fh.client

import fh.client.internal.clampedMillis
import fh.client.internal.listOf
import fh.client.internal.valueOf
import java.time.Duration
import java.time.Instant

/** Is called with the uses of features, on a thread `fh-listeners`. */
public fun interface UsageObserver {
    /** Gets the events that the observer has not got yet, the oldest first. */
    public fun onUsage(events: List<UsageEvent>)
}

/** The selection of the events for an observer. A value that is null has its default. */
public class UsageOptions @JvmOverloads constructor(
    /** The maximum number of events that wait for the observer; 1,024 by default. The oldest one is dropped and counted. */
    public val queue: Int? = null,
    /** The number of reads of which one is observed; 1 by default. */
    public val oneOf: Int? = null,
    /** The time in which equal reads of a user are observed once; null to observe each. */
    public val deduplicate: Duration? = null,
) {
    internal fun part(): Map<String, Any?> =
        mapOf("is" to "observer", "queue" to queue, "oneOf" to oneOf, "deduplicateMillis" to deduplicate?.clampedMillis)
}

/** An observer with the selection of its events, for [ClientSettings.observers]. */
public class Observation @JvmOverloads constructor(
    /** The observer. */
    public val observer: UsageObserver,
    /** The selection of its events. */
    public val options: UsageOptions = UsageOptions(),
)

/** The use of features. Its text shows no attributes, which are personal data. */
public class UsageEvent internal constructor(private val members: Map<String, Any?>) {
    /** The kind: `evaluated` for a read, `collection` for all features of a client that is ready for the first time, or `named`. */
    public val kind: String get() = members["kind"].toString()

    /** The name: `feature`, `feature-collection`, or that of `record`. */
    public val name: String get() = members["name"].toString()

    /** The time of the event. */
    public val at: Instant get() = Instant.ofEpochMilli(members["atMillis"].toString().toLong())

    /** The features with their values; one for a read. */
    public val features: List<UsedFeature> get() = (members["features"] as List<*>).map { UsedFeature(it as Map<*, *>) }

    /** The reason for the value of a read. */
    public val reason: String? get() = members["reason"]?.toString()

    /** The name of the interceptor that returned the value of a read. */
    public val interceptor: String? get() = members["interceptor"]?.toString()

    /** The parameters of `record`. Numbers are `BigDecimal`. */
    public val params: Map<String, Any?>?
        get() = (members["params"] as Map<*, *>?)?.entries?.associate { (name, value) -> name.toString() to value }

    /** The attributes of the context; null for a read without a context. */
    public val attributes: Map<String, List<String>>?
        get() = (members["attributes"] as Map<*, *>?)?.entries?.associate { (name, values) -> name.toString() to listOf(values) }

    /** The user key of the context, or its session. */
    public val userKey: String? get() = members["userKey"]?.toString()

    override fun toString(): String = "UsageEvent($name, ${features.joinToString { it.key }})"
}

/** A feature with the value that was used. */
public class UsedFeature internal constructor(private val members: Map<*, *>) {
    /** The key of the feature. */
    public val key: String get() = members["key"].toString()

    /** The id of the feature. */
    public val id: String? get() = members["id"]?.toString()

    /** The id of the feature's environment. */
    public val environment: String? get() = members["environment"]?.toString()

    /** The type of the feature. */
    public val kind: String? get() = members["kind"]?.toString()

    /** The value as a `Boolean`, a `String` or a `BigDecimal`; a JSON value is its text. */
    public val value: Any? get() = valueOf(members["value"])

    /** The value as text for statistics: `on` or `off` for a BOOLEAN; null for JSON and for no value. */
    public val text: String? get() = members["text"]?.toString()

    /** The id of the strategy that matched. */
    public val strategyId: String? get() = members["strategyId"]?.toString()

    /** The version of the feature's value. */
    public val version: Long get() = members["version"].toString().toLong()

    override fun toString(): String = "$key = $value"
}
