package fh.client

import fh.client.internal.Callback
import fh.client.internal.Json
import fh.client.internal.Part
import fh.client.internal.listOf
import fh.client.internal.written

/**
 * Can override the value of a read. It is called within each read, on the thread of the read, so it must be quick, and may read other
 * features. An interceptor that is `AutoCloseable` is closed after its registration has ended.
 */
public fun interface Interceptor {
    /** Returns the decision about a read. */
    public fun intercept(read: InterceptedRead): Decision
}

/** The decision of an interceptor. */
public class Decision private constructor(internal val json: String?) {
    public companion object {
        /** Leaves the decision to the next interceptor, and then to the rules of the feature. */
        @JvmField
        public val CONTINUE: Decision = Decision(null)

        /** Overrides the value. A value is a `Boolean`, a `String`, a number, or null for no value; JSON is its text. */
        @JvmStatic
        public fun override(value: Any?): Decision = Decision(Json.write(written(value)))
    }
}

/** A read that an interceptor may override. Its text shows no attributes, which are personal data. */
public class InterceptedRead internal constructor(private val members: Map<String, Any?>) {
    /** The key that is read. A feature with this key need not exist. */
    public val key: String get() = members["key"].toString()

    /** The type of the feature: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`; null if the feature does not exist or its type is unknown. */
    public val kind: String? get() = members["kind"]?.toString()

    /** True if the feature exists. */
    public val exists: Boolean get() = members["exists"] as Boolean

    /** True if the feature is locked. */
    public val isLocked: Boolean get() = members["isLocked"] as Boolean

    /** The version of the feature's value; -1 if the feature does not exist. */
    public val version: Long get() = members["version"].toString().toLong()

    /** The attributes of the context; null for a read without a context. */
    public val attributes: Map<String, List<String>>?
        get() = (members["attributes"] as Map<*, *>?)?.entries?.associate { (name, values) -> name.toString() to listOf(values) }

    override fun toString(): String = "InterceptedRead($key)"
}

/** An interceptor, or overrides of the program, with the effect on locked features, for [ClientSettings.interceptors]. */
public class Interception private constructor(internal val part: Part) {
    /** An interceptor. */
    @JvmOverloads
    public constructor(interceptor: Interceptor, locks: LockPolicy = LockPolicy.RESPECT) :
        this(
            Part(
                mapOf("is" to "interceptor", "name" to nameOf(interceptor), "locks" to locks.name.lowercase()),
                callbackOf(interceptor),
            ),
        )

    /** Overrides of the program. */
    @JvmOverloads
    public constructor(overrides: Overrides, locks: LockPolicy = overrides.locks) :
        this(Part(mapOf("is" to "overrides", "locks" to locks.name.lowercase()), target = overrides.native))

    private companion object {
        fun nameOf(interceptor: Interceptor): String = interceptor.javaClass.simpleName.ifEmpty { "interceptor" }

        fun callbackOf(interceptor: Interceptor) =
            Callback(onlyFirst = true) { text ->
                if (text == "closed") {
                    (interceptor as? AutoCloseable)?.close()
                    null
                } else {
                    interceptor.intercept(InterceptedRead(Json.members(text))).json
                }
            }
    }
}
