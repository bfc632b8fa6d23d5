package fh.client

import fh.client.internal.textsOf
import fh.client.internal.valueOf

/** A value with its reason and the data of its feature. */
public class Detail internal constructor(private val members: Map<String, Any?>) {
    /** The key that was read. */
    public val key: String get() = members["key"].toString()

    /**
     * The value as a `Boolean`, a `String` or a `BigDecimal`; a JSON value is its text. Null if there is none. A number that no `BigDecimal` has,
     * such as 1e2147483648, is its digits.
     */
    public val value: Any? get() = valueOf(members["value"])

    /** The type of the feature: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`; null if the feature does not exist or its type is unknown. */
    public val kind: String? get() = text("kind")

    /** The reason for the value, such as `STRATEGY_MATCH`, `DEFAULT` or `NOT_FOUND`. */
    public val reason: String get() = members["reason"].toString()

    /** The id of the strategy that matched; null if none did. */
    public val strategyId: String? get() = text("strategyId")

    /** The name of the interceptor that returned the value; null if none did. */
    public val interceptor: String? get() = text("interceptor")

    /** True if the feature exists. */
    public val exists: Boolean get() = members["exists"] as Boolean

    /** The version of the feature's value; -1 if the feature does not exist. */
    public val version: Long get() = members["version"].toString().toLong()

    /** The id of the feature; null if it is unknown. */
    public val id: String? get() = text("id")

    /** The id of the feature's environment; null if it is unknown. */
    public val environment: String? get() = text("environment")

    /** True if the feature is locked. */
    public val isLocked: Boolean get() = members["isLocked"] as Boolean

    /** True if the Edge has said that its features are no longer updated. */
    public val isStale: Boolean get() = members["isStale"] as Boolean

    /** The source of the features; null before the first ones. */
    public val source: String? get() = text("source")

    /** The generation of the state that was read. */
    public val generation: Long get() = members["generation"].toString().toLong()

    /** The properties of the feature. */
    public val properties: Map<String, String> get() = textsOf(members["properties"])

    private fun text(name: String): String? = members[name]?.toString()

    /** Details with the same members are equal, of whatever generation of the state. */
    override fun equals(other: Any?): Boolean = other is Detail && other.members - "generation" == members - "generation"

    override fun hashCode(): Int = (members - "generation").hashCode()

    override fun toString(): String = "$key = $value ($reason)"
}
