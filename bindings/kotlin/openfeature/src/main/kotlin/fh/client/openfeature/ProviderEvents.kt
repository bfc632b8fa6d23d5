package fh.client.openfeature

import dev.openfeature.sdk.Awaitable
import dev.openfeature.sdk.ErrorCode
import dev.openfeature.sdk.ProviderEvent
import dev.openfeature.sdk.ProviderEventDetails
import dev.openfeature.sdk.ProviderState
import fh.client.Client
import fh.client.NewState
import fh.client.Readiness
import fh.client.Subscription
import fh.client.http.LibraryThreads
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit

/** The events of one provider, which come from its client. */
internal class ProviderEvents(
    private val client: Client,
    private val emit: (ProviderEvent, ProviderEventDetails) -> Awaitable,
) {
    /** The outcome of the initialization, which the SDK reports itself. */
    private var outcome = ProviderState.NOT_READY

    /** The state that was emitted last, or the outcome of the initialization. */
    private var emitted = ProviderState.NOT_READY

    /** True while the client has no values for another context of a server-evaluated key. */
    private var lacksValues = false

    /** The features whose changes catch & release holds back. */
    private val held = HashMap<String, Subscription>()

    private var subscriptions = emptyList<Subscription>()

    @Volatile
    private var initializing: Thread? = null

    /** A thread that waits for one event before it emits the next, because the SDK has several threads for events. It ends when idle. */
    private val emitting = ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, LinkedBlockingQueue()) {
        LibraryThreads.make("fh-openfeature", it)
    }.apply { allowCoreThreadTimeOut(true) }

    /** Begins to emit events, after an initialization with this outcome. */
    @Synchronized
    fun start(outcome: ProviderState) {
        this.outcome = outcome
        emitted = outcome
        initializing = Thread.currentThread()
        if (subscriptions.isEmpty()) {
            subscriptions = listOf(client.onStatus { onReadiness(it.readiness) }, client.onNewState { onNewState(it) })
        }
    }

    /** Ends the events. */
    @Synchronized
    fun stop() {
        (subscriptions + held.values).forEach { it.close() }
        subscriptions = emptyList()
        held.clear()
    }

    /**
     * Emits the state again if it has changed before the SDK set the outcome of the initialization. The SDK reads the metadata on the
     * thread of the initialization after it has set the outcome.
     */
    fun repeatAfterInitialization() {
        if (initializing !== Thread.currentThread()) return
        synchronized(this) {
            initializing = null
            if (emitted != outcome) emitState()
        }
    }

    /** Emits the state if it has changed, and the keys of all features once values are there again. */
    @Synchronized
    fun onReadiness(readiness: Readiness) {
        if (readiness == Readiness.NOT_READY) {
            // The change may arrive after the values are there again. The change to READY follows it, and reports them once.
            lacksValues = true
            return
        }
        val state = stateNow()
        if (state == ProviderState.NOT_READY) return
        val hasValuesAgain = lacksValues
        lacksValues = false
        if (state != emitted) {
            emitted = state
            emitState()
        } else if (hasValuesAgain) {
            // The client reports the first features for a context as no new state.
            emitChanged(client.keys)
        }
    }

    private fun stateNow(): ProviderState =
        client.statusNow().let {
            when (it.readiness) {
                Readiness.READY -> if (it.isStale) ProviderState.STALE else ProviderState.READY
                Readiness.NOT_READY -> ProviderState.NOT_READY
                else -> ProviderState.ERROR
            }
        }

    private fun emitState() {
        val details = ProviderEventDetails.builder()
        val status = client.statusNow()
        if (emitted != ProviderState.READY) details.message(status.message ?: "the client is ${status.readiness.name.lowercase()}")
        when (emitted) {
            ProviderState.READY -> emitLater(ProviderEvent.PROVIDER_READY, details.build())
            ProviderState.STALE -> emitLater(ProviderEvent.PROVIDER_STALE, details.build())
            else -> emitLater(ProviderEvent.PROVIDER_ERROR, details.errorCode(ErrorCode.GENERAL).build())
        }
    }

    @Synchronized
    private fun onNewState(state: NewState) {
        if (!state.isHeld) return emitChanged(state.keys)
        // No new state is reported when catch & release serves these changes.
        for (key in state.keys) held.getOrPut(key) { client.onChange(key) { onRelease() } }
        onRelease()
    }

    @Synchronized
    private fun onRelease() {
        val released = (held.keys - client.heldKeys.toSet()).sorted()
        released.forEach { held.remove(it)?.close() }
        if (released.isNotEmpty()) emitChanged(released)
    }

    private fun emitChanged(keys: List<String>) {
        emitLater(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, ProviderEventDetails.builder().flagsChanged(keys).build())
    }

    private fun emitLater(event: ProviderEvent, details: ProviderEventDetails) {
        emitting.execute { if (isStarted()) emit(event, details).await() }
    }

    @Synchronized
    private fun isStarted(): Boolean = subscriptions.isNotEmpty()
}
