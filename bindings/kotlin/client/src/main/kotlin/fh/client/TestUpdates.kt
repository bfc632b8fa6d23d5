package fh.client

import fh.client.internal.NativeClient
import fh.client.internal.await
import fh.client.internal.written
import java.util.concurrent.CompletableFuture

/** The change of a feature at the Edge: a value, a lock, or both. */
public class Update private constructor(internal val members: Map<String, Any?>) {
    /** Returns the update with the value in addition. A value is a `Boolean`, a `String`, a number, or null; JSON is its text. */
    public fun value(value: Any?): Update = Update(members + ("value" to written(value)))

    /** Returns the update that locks the feature, too. */
    public fun lock(): Update = Update(members + ("lock" to true))

    /** Returns the update that unlocks the feature, too. */
    public fun unlock(): Update = Update(members + ("lock" to false))

    public companion object {
        /** Returns the update that changes nothing yet. */
        @JvmStatic
        public fun of(): Update = Update(emptyMap())
    }
}

/** Changes of features at the Edge, for tests. A rejected update is a [RefusedException]. */
public class TestUpdates internal constructor(private val native: NativeClient, private val apiKey: String?) {
    /** Changes a feature, and suspends until the Edge has answered. */
    public suspend fun set(key: String, update: Update): Outcome = setAsync(key, update).await()

    /** As [set], with a future. */
    public fun setAsync(key: String, update: Update): CompletableFuture<Outcome> = send(key, update, "answered")

    /** Changes a feature, and suspends until the client has received the change. */
    public suspend fun setAndWait(key: String, update: Update): Outcome = setAndWaitAsync(key, update).await()

    /** As [setAndWait], with a future. */
    public fun setAndWaitAsync(key: String, update: Update): CompletableFuture<Outcome> = send(key, update, "received")

    private fun send(key: String, update: Update, until: String): CompletableFuture<Outcome> {
        val members = update.members + mapOf("key" to key, "until" to until, "apiKey" to apiKey)
        return native.begin("update", *members.toList().toTypedArray()) { Outcome.valueOf(it.toString().uppercase()) }
    }
}
