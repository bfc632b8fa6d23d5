package fh.client

import fh.client.internal.Json
import fh.client.internal.NativeClient
import fh.client.internal.PackedContext
import java.math.BigDecimal

/** The reads of a client and of a context. They use the features in memory, and never wait for the Edge. */
public abstract class Reads internal constructor(
    internal val native: NativeClient,
    internal val packed: PackedContext?,
) {
    /** Returns true if the feature is a BOOLEAN with the value true. */
    public fun isEnabled(key: String): Boolean = native.boolean(key, packed) == 1

    /** Returns the value of a BOOLEAN feature, or the default. */
    public fun boolean(key: String, default: Boolean): Boolean =
        when (native.boolean(key, packed)) {
            1 -> true
            0 -> false
            else -> default
        }

    /** Returns the value of a BOOLEAN feature, or null. */
    public fun boolean(key: String): Boolean? =
        when (native.boolean(key, packed)) {
            1 -> true
            0 -> false
            else -> null
        }

    /** Returns the value of a STRING feature, or null. */
    public fun string(key: String): String? = native.string(key, packed)

    /** Returns the value of a STRING feature, or the default. */
    public fun string(key: String, default: String): String = native.string(key, packed) ?: default

    /** Returns the nearest double to the value of a NUMBER feature, or the default. */
    public fun number(key: String, default: Double): Double =
        native.double(key, packed).let { if (it.isNaN()) default else it }

    /** Returns the exact value of a NUMBER feature, or null. */
    public fun decimal(key: String): BigDecimal? = native.decimal(key, packed)?.let { BigDecimal(it) }

    /** Returns the text of a JSON feature, or null. */
    public fun json(key: String): String? = native.json(key, packed)

    /** Returns the value with its reason. */
    public fun detail(key: String): Detail = Detail(Json.members(native.detail(key, packed)))

    /** Returns the steps of the evaluation as a text for people. */
    public fun explain(key: String): String = native.explanation(key, packed)
}

/** A value with its reason. */
public class Detail internal constructor(private val members: Map<String, Any?>) {
    /** The key that was read. */
    public val key: String get() = members["key"].toString()

    /** The value as a text; null if there is none. */
    public val value: String? get() = members["value"]?.toString()

    /** The reason for the value, such as `STRATEGY_MATCH`, `DEFAULT` or `NOT_FOUND`. */
    public val reason: String get() = members["reason"].toString()

    override fun toString(): String = "$key = $value ($reason)"
}
