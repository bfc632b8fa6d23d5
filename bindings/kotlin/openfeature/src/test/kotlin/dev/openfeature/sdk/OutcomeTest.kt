package dev.openfeature.sdk

import fh.client.openfeature.FeatureHubProvider
import fh.client.openfeature.PATIENCE
import fh.client.openfeature.waitFor
import fh.client.testing.MemoryEdge
import org.junit.jupiter.api.Test

/** The order of events and of the state that the SDK sets itself. The SDK's class for the state is visible in this package alone. */
class OutcomeTest {
    @Test
    fun `a state that the SDK replaces by the outcome of the initialization is emitted again`() {
        val edge = MemoryEdge().apply { set("A", "red") }
        edge.client().use { client ->
            client.waitReady(PATIENCE)
            edge.sendEvent("config", """{"edge.stale": true}""")
            waitFor { client.statusNow().isStale }
            val provider = FeatureHubProvider(client)
            val state = FeatureProviderStateManager(provider)
            provider.initialize(null)
            waitFor { state.state == ProviderState.STALE }
            state.onEmit(ProviderEvent.PROVIDER_READY, ProviderEventDetails.builder().build())
            waitFor { state.state == ProviderState.STALE }
            provider.shutdown()
        }
    }
}
