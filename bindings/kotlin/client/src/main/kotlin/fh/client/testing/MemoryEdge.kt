package fh.client.testing

import fh.client.Client
import fh.client.ClientSettings
import fh.client.FeatureHub
import fh.client.internal.NativeObject
import fh.client.internal.await
import fh.client.internal.written
import java.util.concurrent.CompletableFuture
import java.util.function.Consumer

/**
 * An Edge in memory, for tests. It serves streams and polls, evaluates rules for server-evaluated keys, accepts test updates, and simulates
 * failures. Any number of clients can use it.
 */
public class MemoryEdge {
    private val native = NativeObject(mapOf("new" to "edge"))

    /** Starts a client of this Edge. */
    @JvmSynthetic
    public fun client(apiKey: String = CLIENT_KEY, settings: ClientSettings.() -> Unit = {}): Client =
        FeatureHub.clientOf(native, apiKey, settings)

    /** Starts a client of this Edge, for programs in Java. */
    public fun client(): Client = FeatureHub.clientOf(native, CLIENT_KEY) {}

    /** Starts a client of this Edge with settings, for programs in Java. */
    public fun client(apiKey: String, settings: Consumer<ClientSettings>): Client =
        FeatureHub.clientOf(native, apiKey) { settings.accept(this) }

    /** Sets the default value of a feature. A feature that does not exist is created with the type of the value; null creates a STRING. */
    public fun set(key: String, value: Any?) {
        native.perform("set", "key" to key, "value" to written(value))
    }

    /** Sets the document of a JSON feature, which is created if it does not exist. */
    public fun setJson(key: String, json: String) {
        native.perform("set", "key" to key, "value" to mapOf("json" to json))
    }

    /** Sets the rollout strategies of a feature: a JSON list in the form that an Edge sends. */
    public fun setStrategies(key: String, json: String) {
        native.perform("setStrategies", "key" to key, "json" to json)
    }

    /** Sets a member of a feature's JSON object. A feature that does not exist is created as a BOOLEAN. */
    public fun setMember(key: String, member: String, json: String) {
        native.perform("setMember", "key" to key, "member" to member, "json" to json)
    }

    /** Adds a feature with exactly this JSON object. A feature with the same key is replaced. */
    public fun put(json: String) {
        native.perform("put", "json" to json)
    }

    /** Locks a feature. */
    public fun lock(key: String) {
        native.perform("lock", "key" to key)
    }

    /** Unlocks a feature. */
    public fun unlock(key: String) {
        native.perform("unlock", "key" to key)
    }

    /** Deletes a feature. Has no effect if it does not exist. */
    public fun delete(key: String) {
        native.perform("delete", "key" to key)
    }

    /** Returns the JSON object of a feature as the Edge stores it; null if there is none. */
    public fun get(key: String): String? = native.perform("get", "key" to key)?.toString()

    /** Makes the next poll or stream request fail. Each call adds a fault for one further request. */
    public fun failNext(fault: Fault) {
        native.perform("failNext", "fault" to fault.json)
    }

    /** Makes all later polls and stream requests fail, and breaks open streams, until [heal]. */
    public fun fail(fault: Fault) {
        native.perform("fail", "fault" to fault.json)
    }

    /** Removes all faults, and accepts test updates again. */
    public fun heal() {
        native.perform("heal")
    }

    /** Rejects all later test updates with this status, until [heal]. */
    @JvmOverloads
    public fun refuseUpdates(status: Int, reason: String = "") {
        native.perform("refuseUpdates", "status" to status, "reason" to reason)
    }

    /** Breaks the connections of all open streams, as a network failure does. */
    public fun breakStreams() {
        native.perform("breakStreams")
    }

    /** Ends all open streams with the event `bye`, as an Edge does from time to time. */
    public fun bye() {
        native.perform("bye")
    }

    /** Sends an event on all open streams. */
    public fun sendEvent(name: String, data: String) {
        native.perform("sendEvent", "name" to name, "data" to data)
    }

    /** All requests so far, in order. */
    public val requests: List<SeenRequest>
        get() = (native.perform("requests") as List<*>).map { SeenRequest(it as Map<*, *>) }

    /** The number of open streams. */
    public val streams: Int get() = native.perform("streams").toString().toInt()

    /** Suspends until the clients of all open streams have applied all events. Reads return the new values then. */
    public suspend fun delivered() {
        deliveredAsync().await()
    }

    /** As [delivered], with a future. */
    public fun deliveredAsync(): CompletableFuture<Void?> = native.begin("delivered")

    public companion object {
        /** A client-evaluated key of each Edge in memory. */
        public const val CLIENT_KEY: String = "memory/client*evaluated"

        /** A server-evaluated key of each Edge in memory. */
        public const val SERVER_KEY: String = "memory/server-evaluated"
    }
}

/** A failure that an Edge in memory simulates. */
public class Fault private constructor(internal val json: Any) {
    public companion object {
        /** No connection can be opened. */
        @JvmField
        public val CONNECT: Fault = Fault("connect")

        /** TLS fails. */
        @JvmField
        public val TLS: Fault = Fault("tls")

        /** The connection breaks. */
        @JvmField
        public val BREAK: Fault = Fault("break")

        /** The Edge never answers. */
        @JvmField
        public val SILENCE: Fault = Fault("silence")

        /** The Edge answers with a status from 100 to 599. */
        @JvmStatic
        @JvmOverloads
        public fun status(status: Int, headers: Map<String, String> = emptyMap()): Fault =
            Fault(mapOf("status" to listOf(status, headers.map { listOf(it.key, it.value) })))
    }
}

/** A request that an Edge in memory has received. Its text shows neither API keys nor attributes. */
public class SeenRequest internal constructor(private val members: Map<*, *>) {
    /** The kind of the request: `poll`, `stream` or `update`. */
    public val kind: String get() = members["kind"].toString()

    /** The path and the query of the request's URL. */
    public val target: String get() = members["target"].toString()

    /** The headers, with names in lower case. */
    public val headers: List<Pair<String, String>>
        get() = (members["headers"] as List<*>).map { (it as List<*>)[0].toString() to it[1].toString() }

    /** The body of a test update. */
    public val body: String get() = members["body"].toString()

    override fun toString(): String = "SeenRequest($kind)"
}
