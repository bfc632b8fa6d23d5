package fh.client

import fh.client.internal.NativeObject
import fh.client.internal.clampedMillis
import fh.client.internal.listOf
import fh.client.internal.textsOf
import fh.client.internal.valueOf
import java.time.Instant

/** Compiled features, which are evaluated without a client. */
public class Ruleset private constructor(private val native: NativeObject) {
    /** The keys of the features. */
    public val keys: List<String> get() = listOf(native.perform("keys"))

    /** Returns a text for each part of the features that could not be used. */
    public fun diagnostics(): List<String> = listOf(native.perform("diagnostics"))

    /**
     * Returns the value of a feature for a context; with [kind], only a value of this type.
     *
     * @throws IllegalArgumentException if there is no such feature
     */
    @JvmOverloads
    public fun evaluate(key: String, attributes: Map<String, Any?>? = null, kind: String? = null, now: Instant? = null): Evaluation {
        val context = attributes?.let { attributesOf(it).map }
        val members = arrayOf("key" to key, "kind" to kind, "context" to context, "nowMillis" to now?.clampedMillis)
        @Suppress("UNCHECKED_CAST")
        return Evaluation(native.perform("evaluate", *members) as Map<String, Any?>)
    }

    /**
     * Returns the steps of the same evaluation as a text for people.
     *
     * @throws IllegalArgumentException if there is no such feature
     */
    @JvmOverloads
    public fun explain(key: String, attributes: Map<String, Any?>? = null, now: Instant? = null): String {
        val context = attributes?.let { attributesOf(it).map }
        return native.perform("explain", "key" to key, "context" to context, "nowMillis" to now?.clampedMillis).toString()
    }

    override fun toString(): String = "Ruleset of ${keys.size} features"

    public companion object {
        /**
         * Compiles features. The payload is a JSON list of features, or the body of a poll's response.
         *
         * @throws IllegalArgumentException if the payload cannot be read
         */
        @JvmStatic
        @JvmOverloads
        public fun fromJson(payload: String, profile: Profile = Profile.CLIENT): Ruleset =
            Ruleset(NativeObject(mapOf("new" to "rules", "payload" to payload, "profile" to profile.name.lowercase())))
    }
}

/** The value of a feature for one context, from a [Ruleset]. */
public class Evaluation internal constructor(private val members: Map<String, Any?>) {
    /** The key of the feature. */
    public val key: String get() = members["key"].toString()

    /** The value as a `Boolean`, a `String` or a `BigDecimal`; a JSON value is its text. Null if there is none. */
    public val value: Any? get() = valueOf(members["value"])

    /** The type of the feature; null if it is unknown. */
    public val kind: String? get() = members["kind"]?.toString()

    /** The reason for the value. */
    public val reason: String get() = members["reason"].toString()

    /** True if the feature has a value for the context, of whatever type. */
    public val isSet: Boolean get() = members["isSet"] as Boolean

    /** The id of the strategy that matched; null if none did. */
    public val strategyId: String? get() = members["strategyId"]?.toString()

    /** The position of the strategy that matched, from 0; null if none did. */
    public val strategyPosition: Int? get() = members["strategyPosition"]?.toString()?.toInt()

    /** True if the feature is locked. */
    public val isLocked: Boolean get() = members["isLocked"] as Boolean

    /** The version of the feature's value. */
    public val version: Long get() = members["version"].toString().toLong()

    /** The properties of the feature. */
    public val properties: Map<String, String> get() = textsOf(members["properties"])

    override fun toString(): String = "$key = $value ($reason)"
}
