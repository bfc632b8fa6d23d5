package fh.client

import fh.client.internal.Bridge
import fh.client.internal.Callback
import fh.client.internal.Json
import fh.client.internal.NativeClient
import fh.client.internal.PackedContext
import java.time.Duration
import java.util.concurrent.CompletableFuture
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.future.await
import kotlinx.coroutines.withTimeout

/**
 * A client of one Edge. It keeps the features current on threads of its own, which do not keep the program running. Reads without a context are
 * methods of the client; [context] returns reads for a user.
 */
public class Client internal constructor(native: NativeClient) : Reads(native, null), AutoCloseable {
    /** The readiness of the client. */
    public val readiness: Readiness get() = Readiness.valueOf(native.readiness())

    /** Returns the present status. */
    public fun status(): Status = Status(Json.members(native.status()))

    /** Returns a context with these attributes. Null and empty lists leave an attribute out. */
    public fun context(vararg attributes: Pair<String, Any?>): Context = context(attributes.toMap())

    /** Returns a context with these attributes. Null and empty lists leave an attribute out. */
    public fun context(attributes: Map<String, Any?>): Context = Context(this, attributesOf(attributes))

    /**
     * Suspends until the client has features.
     *
     * @throws NotReadyException if the Edge refuses the client, if the client is closed, or after the time
     */
    public suspend fun ready(timeout: Duration = Duration.ofSeconds(30)) {
        val ready = readyAsync()
        try {
            withTimeout(timeout.toMillis()) { ready.await() }
        } catch (error: TimeoutCancellationException) {
            throw NotReadyException("the client has no features after $timeout: ${status()}").initCause(error)
        }
    }

    /** Returns a future of the client's features. It fails with a [NotReadyException] if the Edge refuses the client, or the client is closed. */
    public fun readyAsync(): CompletableFuture<Void?> {
        val ready = CompletableFuture<Void?>()
        // The readiness of an event may be an earlier one.
        val check = {
            when (val now = readiness) {
                Readiness.NOT_READY -> {}
                Readiness.READY -> ready.complete(null)
                else -> ready.completeExceptionally(NotReadyException("the client is $now: ${status()}"))
            }
        }
        val subscription = onReadiness { check() }
        // A client that is closed notifies no listener.
        check()
        ready.whenComplete { _, _ -> subscription.close() }
        return ready
    }

    /**
     * Blocks this thread until the client has features.
     *
     * @throws NotReadyException if the Edge refuses the client, if the client is closed, or after the time
     */
    @Throws(NotReadyException::class)
    public fun waitReady(timeout: Duration) {
        native.waitReady(timeout.toMillis())?.let { throw NotReadyException(it) }
    }

    /** Calls a function when the value of the feature without a context, or its lock, changes. */
    public fun onChange(key: String, listener: ChangeListener): Subscription = listen(key, null, listener)

    /** Calls a function with the present readiness, and when it changes. */
    public fun onReadiness(listener: ReadinessListener): Subscription {
        val callback = Callback { listener.onReadiness(Readiness.valueOf(Json.members(it)["readiness"].toString())) }
        return Subscription(native.listen(callback, "on_readiness", null, null))
    }

    /** Returns the changes of the feature without a context, from the collection of the flow on. */
    public fun changes(key: String): Flow<Change> =
        callbackFlow {
            val subscription = onChange(key) { trySend(it) }
            awaitClose { subscription.close() }
        }.buffer(Channel.UNLIMITED)

    internal fun listen(key: String, context: PackedContext?, listener: ChangeListener): Subscription {
        val callback = Callback { listener.onChange(Change(Json.members(it))) }
        return Subscription(native.listen(callback, "on_change", key, context))
    }

    /** Ends the connection, and keeps the features, until [resume]. Returns at once. */
    public fun suspend(): Unit = native.suspend()

    /** Ends [suspend]. Returns at once. */
    public fun resume(): Unit = native.resume()

    /** Waits until listeners have all events so far. Returns false after the time. */
    public fun flush(timeout: Duration): Boolean = native.flush(timeout.toMillis())

    /** Ends the client, and returns at once. The last values answer afterwards. */
    override fun close(): Unit = native.close()

    override fun toString(): String = "Client($readiness)"
}
