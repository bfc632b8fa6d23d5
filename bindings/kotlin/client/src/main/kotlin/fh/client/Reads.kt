package fh.client

import fh.client.internal.Callback
import fh.client.internal.CallsOfListeners
import fh.client.internal.GivenAttributes
import fh.client.internal.Json
import fh.client.internal.NativeClient
import fh.client.internal.Part
import fh.client.internal.decimalOf
import java.math.BigDecimal
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn

/**
 * The reads of a client and of a context. They use the features in memory, and never wait for the Edge. In Java, the functions for values of one
 * type begin with `get`, such as `getBoolean`.
 */
public abstract class Reads internal constructor(
    internal val native: NativeClient,
    /** The attributes; null without a context. */
    internal val given: GivenAttributes?,
) {
    /** Returns true if the feature is a BOOLEAN with the value true. */
    public fun isEnabled(key: String): Boolean = native.boolean(key, given) == 1

    /** Returns the value of a BOOLEAN feature, or the default. */
    @JvmName("getBoolean")
    public fun boolean(key: String, default: Boolean): Boolean =
        when (native.boolean(key, given)) {
            1 -> true
            0 -> false
            else -> default
        }

    /** Returns the value of a BOOLEAN feature, or null. */
    @JvmName("getBoolean")
    public fun boolean(key: String): Boolean? =
        when (native.boolean(key, given)) {
            1 -> true
            0 -> false
            else -> null
        }

    /** Returns the value of a STRING feature, or null. */
    @JvmName("getString")
    public fun string(key: String): String? = native.string(key, given)

    /** Returns the value of a STRING feature, or the default. */
    @JvmName("getString")
    public fun string(key: String, default: String): String = native.string(key, given) ?: default

    /** Returns the nearest double to the value of a NUMBER feature, or the default. */
    @JvmName("getNumber")
    public fun number(key: String, default: Double): Double =
        native.double(key, given).let { if (it.isNaN()) default else it }

    /** Returns the exact value of a NUMBER feature, or null. */
    @JvmName("getDecimal")
    public fun decimal(key: String): BigDecimal? = native.decimal(key, given)?.let(::decimalOf)

    /** Returns the text of a JSON feature, or null. */
    @JvmName("getJson")
    public fun json(key: String): String? = native.json(key, given)

    /** Returns the value with its reason. */
    public fun detail(key: String): Detail = Detail(Json.members(native.detail(key, given)))

    /**
     * Returns the value with its reason, if the feature has this type: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`.
     *
     * @throws IllegalArgumentException if there is no such type
     */
    @Suppress("UNCHECKED_CAST")
    public fun detail(key: String, kind: String): Detail =
        Detail(native.perform("detail", "key" to key, "kind" to kind, "context" to given?.map) as Map<String, Any?>)

    /** Returns the value with its reason, and reports no use of the feature. */
    @Suppress("UNCHECKED_CAST")
    public fun peek(key: String): Detail = Detail(native.perform("peek", "key" to key, "context" to given?.map) as Map<String, Any?>)

    /** Returns the details of all features of one state, and reports no use. */
    @Suppress("UNCHECKED_CAST")
    public fun values(): List<Detail> =
        (native.perform("values", "context" to given?.map) as List<*>).map { Detail(it as Map<String, Any?>) }

    /** Returns the steps of the evaluation as a text for people. */
    public fun explain(key: String): String = native.explanation(key, given)

    /** Reports an event with the values of all features to observers. A parameter is a text, a number, a Boolean, null, a list or a map. */
    @JvmOverloads
    public fun record(name: String, params: Map<String, Any?> = emptyMap()) {
        native.perform("record", "name" to name, "params" to params, "context" to given?.map)
    }

    /** Calls a function when the value of the feature, or its lock, changes. */
    public fun onChange(key: String, listener: ChangeListener): Subscription =
        register(mapOf("is" to "change", "key" to key, "context" to given?.map)) { listener.onChange(Change(Json.members(it))) }

    /** Returns the changes of the feature, from the collection of the flow on. The flow completes when the client has ended. */
    public fun changes(key: String): Flow<Change> =
        untilClosed<Change> { send -> onChange(key) { send(it) } }.buffer(Channel.UNLIMITED)

    /**
     * Returns the detail of the feature, kept current until the client has ended or the scope is cancelled. It reports no use of the feature. The
     * scope waits for the end of the client.
     */
    public fun state(key: String, scope: CoroutineScope): StateFlow<Detail> =
        untilClosed<Unit> { send ->
            // The value can have changed before the registration.
            onChange(key) { send(Unit) }.also { send(Unit) }
        }.buffer(Channel.CONFLATED).map { peek(key) }.stateIn(scope, SharingStarted.Eagerly, peek(key))

    /** Returns what a listener sends, until the client has ended, which is after its last events. */
    private fun <T> untilClosed(listen: (send: (T) -> Unit) -> Subscription): Flow<T> =
        callbackFlow {
            val subscription = listen { trySend(it) }
            val closed = native.begin("closed") { null }
            closed.thenRun { close() }
            awaitClose {
                subscription.close()
                closed.cancel(false)
            }
        }

    internal fun register(part: Map<String, Any?>, call: (String) -> Unit): Subscription =
        Subscription(native.register(Part(part, listener(call))))

    internal companion object {
        /** Returns a function that is called with events. */
        fun listener(call: (String) -> Unit): Callback =
            Callback {
                CallsOfListeners.call { call(it) }
                null
            }
    }
}
