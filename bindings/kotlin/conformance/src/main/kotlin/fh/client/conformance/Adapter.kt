package fh.client.conformance

import fh.client.ClientException
import fh.client.FeatureHub
import fh.client.Outcome
import fh.client.Readiness
import fh.client.RefusedException
import fh.client.Update
import java.time.Duration
import java.util.Properties
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException

/** The time limit of a wait whose command gives none. */
private val LIMIT = Duration.ofSeconds(5)

/** The time for the Edge's answer to an update. The client's own limit is longer than the runner waits. */
private val UPDATE_LIMIT = Duration.ofSeconds(8)

/** The time for the end of a client that is closed. */
private val CLOSE_LIMIT = Duration.ofSeconds(1)

/** Runs the adapter of fh-client for the conformance suite. The argument names the HTTP stack: `jdk` or `okhttp`. */
public fun main(arguments: Array<String>) {
    Loop.run(Adapter(Stack.valueOf(arguments.single().uppercase())).operations)
}

/** The operations of the adapter protocol, which use the public classes of the package only, as any program does. */
internal class Adapter(private val stack: Stack) {
    private val clients = HashMap<String, AdapterClient>()

    val operations: Map<String, Operation> = mapOf(
        "hello" to ::hello,
        "evaluate" to ::evaluate,
        "create" to ::create,
        "state" to { state(clientOf(it)) },
        "wait" to { wait(clientOf(it), limitOf(it)) },
        "read" to { command -> mapOf("answers" to command.list("reads").map { answerOf(clientOf(command), it) }) },
        "context" to { command ->
            settle(command) { it.sdk.setContextAsync(command.map("attributes").orEmpty()) }
        },
        "keys" to { command -> settle(command) { it.sdk.setApiKeysAsync(*command.texts("keys").orEmpty().toTypedArray()) } },
        "listen" to { silently { listen(clientOf(it), it) } },
        "unlisten" to { silently { clientOf(it).listeners.remove(it.given("listener")) } },
        "refresh" to ::refresh,
        "suspend" to { silently { clientOf(it).sdk.suspend() } },
        "resume" to { silently { clientOf(it).sdk.resume() } },
        "catch" to { silently { catch(it) } },
        "release" to { silently { release(it) } },
        "intercept" to { silently { intercept(clientOf(it), it) } },
        "record" to { silently { record(it) } },
        "update" to ::update,
        "fork" to { throw Unsupported(NO_FORK) },
        "close" to ::close,
    )

    private fun silently(perform: () -> Unit): Map<String, Any?> = emptyMap<String, Any?>().also { perform() }

    private fun clientOf(command: Members): AdapterClient =
        command.text("client").let { clients[it] ?: throw Misuse("there is no client \"$it\"") }

    private fun limitOf(command: Members): Duration = command.millis("timeout_ms") ?: LIMIT

    private fun hello(@Suppress("UNUSED_PARAMETER") command: Members): Map<String, Any?> {
        val version = Properties().also { it.load(javaClass.getResourceAsStream("/META-INF/maven/fh.client/fh-client/pom.properties")) }
        val sdk = mapOf(
            "name" to "fh-kotlin-${stack.name.lowercase()}",
            // A build from a clone is a snapshot of the version.
            "version" to version.getProperty("version").removeSuffix("-SNAPSHOT"),
            "language" to "Kotlin",
            "runtime" to "Java ${System.getProperty("java.version")}",
        )
        return mapOf("protocol" to 1, "sdk" to sdk, "defaults" to Defaults.members, "cannot" to CANNOT + stack.cannot)
    }

    private fun create(command: Members): Map<String, Any?> {
        val name = command.given("client")
        clients[name]?.let { if (it.sdk.readiness != Readiness.CLOSED) throw Misuse("the client \"$name\" exists and is not closed") }
        val keys = command.texts("keys").orEmpty().toTypedArray()
        val sdk = FeatureHub.client(command.given("edge_url"), *keys) { set(command, stack) }
        val client = AdapterClient(name, sdk).also { clients[name] = it }
        startReaders(client, command.text("readers")?.toInt() ?: 0)
        return mapOf("ignored" to emptyList<String>())
    }

    private fun readinessOf(client: AdapterClient) = mapOf("readiness" to client.sdk.readiness.name)

    private fun state(client: AdapterClient): Map<String, Any?> {
        val status = client.sdk.statusNow()
        // Features from a snapshot file may be out of date until the Edge has confirmed or replaced them.
        val isStale = status.isStale || status.source == "snapshot"
        val times = mapOf("stale" to isStale, "age_ms" to status.dataAge?.toMillis(), "sent" to status.requests)
        return mapOf("readiness" to status.readiness.name, "problem" to status.message) + times
    }

    private fun wait(client: AdapterClient, limit: Duration): Map<String, Any?> {
        try {
            client.sdk.waitReady(limit)
        } catch (_: ClientException) {
            // The answer holds the readiness, which is the reason of the error.
        }
        return readinessOf(client)
    }

    /** Begins something that ends later, and returns the readiness at its end, or after the command's time. */
    private fun settle(command: Members, begin: (AdapterClient) -> CompletableFuture<*>): Map<String, Any?> {
        val client = clientOf(command)
        begin(client).resultWithin(limitOf(command))
        return readinessOf(client)
    }

    private fun refresh(command: Members): Map<String, Any?> =
        try {
            settle(command) { it.sdk.refreshAsync() }
        } catch (_: ClientException) {
            // `state` tells the problem.
            readinessOf(clientOf(command))
        }

    private fun catch(command: Members) {
        val sdk = clientOf(command).sdk
        if (command.text("on") == "false") sdk.stopCatching() else sdk.catchUpdates()
    }

    private fun release(command: Members) {
        val (sdk, features) = clientOf(command).sdk to command.texts("features")
        if (features == null) sdk.release() else sdk.release(features)
    }

    private fun record(command: Members) {
        clientOf(command).reads(command.map("context")).record(command.given("name"), command.map("params").orEmpty())
    }

    private fun update(command: Members): Map<String, Any?> {
        var update = Update.of()
        if ("value" in command) update = update.value(command.value("value"))
        if (command.text("lock") != null) update = if (command.flag("lock")) update.lock() else update.unlock()
        val outcome =
            try {
                clientOf(command).sdk.testUpdates().setAsync(command.given("feature"), update).resultWithin(UPDATE_LIMIT)
            } catch (refused: RefusedException) {
                return mapOf("accepted" to false, "status" to (refused.status ?: throw refused))
            }
        outcome ?: throw TimeoutException("the update did not end within $UPDATE_LIMIT")
        // Statuses 200 and 201 are one outcome of the client.
        return mapOf("accepted" to true, "status" to if (outcome == Outcome.ACCEPTED) null else 202)
    }

    private fun close(command: Members): Map<String, Any?> {
        val (begin, sdk) = System.nanoTime() to clientOf(command).sdk
        sdk.close()
        val took = System.nanoTime() - begin
        // The next client may use the same store.
        sdk.closedAsync().resultWithin(CLOSE_LIMIT)
        return mapOf("took_ms" to took / 1_000_000)
    }
}

/** Waits for a result. Returns null if there is none within the time, and gives the future up. Throws what the client has failed with. */
private fun <T> CompletableFuture<T>.resultWithin(limit: Duration): T? =
    try {
        get(limit.toMillis(), TimeUnit.MILLISECONDS)
    } catch (_: TimeoutException) {
        cancel(false)
        null
    } catch (failure: ExecutionException) {
        throw failure.cause ?: failure
    }
