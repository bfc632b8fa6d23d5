package fh.client.conformance

import fh.client.Client
import fh.client.Reads
import fh.client.Subscription

/** A client, and what the runner has added to it. */
internal class AdapterClient(val name: String, val sdk: Client) {
    val listeners = Subscriptions()
    val interceptors = Subscriptions()

    /** True once a usage listener was added. Each read of the runner then must be one use of the feature. */
    @Volatile
    var reportsUsage = false

    /** Returns the client, or a context of it. */
    fun reads(context: Map<String, Any?>?): Reads = if (context == null) sdk else sdk.context(context)
}

/** Subscriptions by the runner's names. */
internal class Subscriptions {
    private val byName = HashMap<String, Subscription>()

    /**
     * Adds the subscription that a function returns. A subscription of the same name ends. The lock is held meanwhile, so that a listener
     * that is called at once can remove itself.
     */
    fun add(name: String, subscribe: () -> Subscription) {
        val former = synchronized(byName) { byName.put(name, subscribe()) }
        former?.close()
    }

    fun remove(name: String) {
        synchronized(byName) { byName.remove(name) }?.close()
    }
}
