package fh.client.openfeature

import dev.openfeature.sdk.Awaitable
import dev.openfeature.sdk.ErrorCode
import dev.openfeature.sdk.EventDetails
import dev.openfeature.sdk.ImmutableContext
import dev.openfeature.sdk.OpenFeatureAPI
import dev.openfeature.sdk.ProviderEvent
import dev.openfeature.sdk.ProviderState
import dev.openfeature.sdk.exceptions.ProviderNotReadyError
import fh.client.Backoff
import fh.client.Client
import fh.client.ClientSettings
import fh.client.Readiness
import fh.client.testing.Fault
import fh.client.testing.MemoryEdge
import java.time.Duration
import java.util.concurrent.ExecutionException
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The patience of tests with states that they wait for. */
internal val PATIENCE: Duration = Duration.ofSeconds(60)

internal fun waitFor(condition: () -> Boolean) {
    val end = System.nanoTime() + PATIENCE.toNanos()
    while (!condition()) {
        assertTrue(System.nanoTime() < end, "the state did not come")
        Thread.yield()
    }
}

/** The states and the events of providers, through OpenFeature's SDK, with an Edge in memory. */
class EventsTest {
    private val edge = MemoryEdge()
    private val api = OpenFeatureAPI.getInstance()
    private val flags = api.client
    private val clients = ArrayList<Client>()
    private val events = LinkedBlockingQueue<Pair<ProviderEvent, EventDetails>>()

    init {
        edge.set("A", "red")
        edge.set("B", "red")
    }

    @AfterEach
    fun end() {
        api.shutdown()
        clients.forEach { it.close() }
    }

    private fun client(apiKey: String = MemoryEdge.CLIENT_KEY, settings: ClientSettings.() -> Unit = {}): Client =
        edge.client(apiKey, settings).also { clients.add(it) }

    private val retryAtOnce: ClientSettings.() -> Unit = {
        val soon = Duration.ofMillis(1)
        backoff = Backoff(soon, soon)
        pace = soon
    }

    /** Records the events that follow. */
    private fun record() {
        for (event in ProviderEvent.values()) api.on(event) { events.add(event to it) }
    }

    private fun expect(event: ProviderEvent): EventDetails {
        val (found, details) = events.poll(60, TimeUnit.SECONDS) ?: throw AssertionError("no event came")
        assertEquals(event to "featurehub", found to details.providerName, details.toString())
        return details
    }

    private fun expectChange(vararg keys: String) {
        assertEquals(keys.asList(), expect(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED).flagsChanged.sorted())
    }

    private fun colour() = flags.getStringValue("A", "?")

    @Test
    fun `a provider reports that it is ready, changed, stale and in error, and evaluates with the last features`() {
        record()
        val client = client()
        api.setProvider(FeatureHubProvider(client, PATIENCE))
        expect(ProviderEvent.PROVIDER_READY)
        edge.set("A", "blue")
        expectChange("A")
        assertEquals("blue", colour())
        edge.sendEvent("config", """{"edge.stale": true}""")
        assertTrue("stale" in expect(ProviderEvent.PROVIDER_STALE).message)
        assertEquals(ProviderState.STALE to "blue", flags.providerState to colour())
        client.close()
        expect(ProviderEvent.PROVIDER_ERROR)
        assertEquals(ProviderState.ERROR to "blue", flags.providerState to colour())
    }

    @Test
    fun `an outage is no event while the client has features`() {
        val client = client(settings = retryAtOnce)
        api.setProviderAndWait(FeatureHubProvider(client, PATIENCE))
        record()
        edge.fail(Fault.status(503))
        waitFor { client.statusNow().attempts > 2 }
        assertEquals(ProviderState.READY to "red", flags.providerState to colour())
        edge.heal()
        waitFor { client.statusNow().attempts == 0 }
        edge.set("A", "blue")
        expectChange("A")
    }

    @Test
    fun `an environment that is stale at the initialization is stale after it`() {
        val client = client()
        client.waitReady(PATIENCE)
        edge.sendEvent("config", """{"edge.stale": true}""")
        waitFor { client.statusNow().isStale }
        val (waiting, background) = List(2) { OpenFeatureAPI.createIsolated() }
        waiting.setProviderAndWait(FeatureHubProvider(client))
        background.setProvider(FeatureHubProvider(client))
        for (isolated in listOf(waiting, background)) waitFor { isolated.client.providerState == ProviderState.STALE }
    }

    @Test
    fun `a refusal is an error until the Edge gives features`() {
        edge.fail(Fault.status(404))
        val client = client()
        val failure = assertThrows(ProviderNotReadyError::class.java) { api.setProviderAndWait(FeatureHubProvider(client, PATIENCE)) }
        assertTrue("404" in failure.message.orEmpty(), failure.message)
        assertEquals(ProviderState.ERROR, flags.providerState)
        assertEquals(ErrorCode.PROVIDER_NOT_READY, flags.getStringDetails("A", "?").errorCode)
        record()
        edge.heal()
        client.refreshAsync().get(60, TimeUnit.SECONDS)
        expect(ProviderEvent.PROVIDER_READY)
        assertEquals(ProviderState.READY to "red", flags.providerState to colour())
    }

    @Test
    fun `the initialization waits for an Edge that fails twice, and ends with the patience or the client`() {
        for (key in listOf(MemoryEdge.CLIENT_KEY, MemoryEdge.SERVER_KEY)) {
            repeat(2) { edge.failNext(Fault.status(503)) }
            api.setProviderAndWait(FeatureHubProvider(client(key, retryAtOnce), PATIENCE))
            assertEquals(ProviderState.READY to "red", flags.providerState to colour())
        }
        edge.fail(Fault.status(503))
        val client = client()
        assertThrows(ProviderNotReadyError::class.java) { FeatureHubProvider(client, Duration.ofMillis(1)).initialize(null) }
        client.close()
        assertThrows(ProviderNotReadyError::class.java) { FeatureHubProvider(client, PATIENCE).initialize(null) }
    }

    @Test
    fun `held changes are reported when they are released`() {
        val client = client()
        api.setProviderAndWait(FeatureHubProvider(client, PATIENCE))
        record()
        client.catchUpdates()
        edge.set("A", "blue")
        edge.set("B", "blue")
        waitFor { client.heldKeys.size == 2 }
        assertTrue(client.flush(PATIENCE))
        assertEquals("red", colour())
        // An event of the update itself would have A first.
        client.release("B")
        expectChange("B")
        client.stopCatching()
        expectChange("A")
        edge.set("A", "green")
        expectChange("A")
    }

    @Test
    fun `a context that is set while the Edge is away is a change once it is back`() {
        val isMara = """{"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": ["mara"]}"""
        edge.setStrategies("A", """[{"id": "s", "value": "blue", "attributes": [$isMara]}]""")
        val mara = ImmutableContext("mara")
        for (fault in listOf(null, Fault.status(503), Fault.CONNECT)) {
            events.clear()
            val client = client(MemoryEdge.SERVER_KEY, retryAtOnce)
            api.setProviderAndWait(FeatureHubProvider(client, PATIENCE))
            record()
            fault?.let { edge.fail(it) }
            val set = client.setContextAsync(mapOf("userkey" to "mara"))
            if (fault != null) {
                assertThrows(ExecutionException::class.java) { set.get(60, TimeUnit.SECONDS) }
                assertEquals(ErrorCode.PROVIDER_NOT_READY, flags.getStringDetails("A", "?", mara).errorCode)
                edge.heal()
            }
            expectChange("A", "B")
            assertEquals(ProviderState.READY to "blue", flags.providerState to flags.getStringValue("A", "?", mara))
            // No other event was before this one.
            edge.set("B", fault.toString())
            expectChange("B")
            api.shutdown()
        }
    }

    @Test
    fun `readiness that arrives late reports the values once`() {
        val client = client()
        client.waitReady(PATIENCE)
        val emitted = LinkedBlockingQueue<Pair<ProviderEvent, String?>>()
        val events = ProviderEvents(client) { event, details -> Awaitable.FINISHED.also { emitted.add(event to details.message) } }
        events.start(ProviderState.READY)
        assertTrue(client.flush(PATIENCE))
        for (readiness in listOf(Readiness.NOT_READY, Readiness.NOT_READY, Readiness.READY, Readiness.READY)) events.onReadiness(readiness)
        client.close()
        assertEquals(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED to null, emitted.poll(60, TimeUnit.SECONDS))
        assertEquals(ProviderEvent.PROVIDER_ERROR to "the client is closed", emitted.poll(60, TimeUnit.SECONDS))
    }

    @Test
    fun `a provider that was replaced emits nothing, leaves the client open, and can be set again`() {
        val client = client()
        val provider = FeatureHubProvider(client, PATIENCE)
        api.setProviderAndWait(provider)
        api.setProviderAndWait(FeatureHubProvider(client(), PATIENCE))
        // The SDK shuts replaced providers down on a thread of its own, for which this function waits.
        api.shutdown()
        record()
        edge.set("A", "blue")
        edge.deliveredAsync().get(60, TimeUnit.SECONDS)
        assertTrue(client.flush(PATIENCE))
        assertEquals("blue", client.string("A"))
        api.setProviderAndWait(provider)
        expect(ProviderEvent.PROVIDER_READY)
        edge.set("A", "green")
        expectChange("A")
    }
}
