package fh.client

import fh.client.internal.NativeObject

/** Calls a task once, after some milliseconds, on any thread. */
public fun interface DelayedTasks {
    public fun runAfter(millis: Long, task: Runnable)
}

/**
 * Suspends the client of an app in the background, resumes it in the foreground, and reconnects it after a change of the network. On Android,
 * `followLifecycle(application)` of `fh-client-android` reports the events. A program on another platform with screens reports them itself.
 *
 * Each function returns at once, on any thread. The client is suspended one second after the last screen has stopped. A process that never
 * shows a screen keeps its client running. A screen or a network that is reported after more than 15 seconds without a report and without a
 * screen reconnects the client, because the platform may have frozen the process.
 *
 * @param clock returns a time in milliseconds that also passes while the device sleeps
 */
public class AppLifecycle(private val client: Client, private val clock: () -> Long, private val tasks: DelayedTasks) : AutoCloseable {
    private val native = NativeObject(mapOf("new" to "lifecycle"))
    private var wakesAt: Long? = null
    private var isClosed = false

    init {
        // The silence of a process without events counts from here.
        report("time")
    }

    /** Reports that a screen is visible. The same screen may be reported again. */
    public fun started(screen: Long): Unit = report("started", "screen" to screen)

    /** Reports that a screen is not visible any more. [isReplaced] is true if another one is about to start in its place, as at a rotation. */
    public fun stopped(screen: Long, isReplaced: Boolean): Unit = report("stopped", "screen" to screen, "replaced" to isReplaced)

    /** Reports the number of the default network. The first one is the network that the client has used from its start. */
    public fun networkAvailable(network: Long): Unit = report("networkAvailable", "network" to network)

    /** Reports that a network was lost, or any network if [network] is null. Another network than the default one has no effect. */
    public fun networkLost(network: Long?): Unit = report("networkLost", "network" to network)

    /** Ends the reports. The client stays as it is. */
    override fun close(): Unit = synchronized(this) { isClosed = true }

    private fun report(event: String, vararg members: Pair<String, Any?>): Unit =
        synchronized(this) {
            if (isClosed) return
            val now = clock()
            val answer = native.perform(event, *members, "now" to now) as Map<*, *>
            for (command in answer["commands"] as List<*>) {
                when (command) {
                    "suspend" -> client.suspend()
                    "resume" -> client.resume()
                    // The client's status has the outcome.
                    "refresh" -> client.refreshAsync()
                    else -> error("unknown command $command")
                }
            }
            answer["wakeAfter"]?.let { wakeAfter(it.toString().toLong(), now) }
        }

    /** Reports the time later, unless a task does so before. */
    private fun wakeAfter(millis: Long, now: Long) {
        val at = now + millis
        if (wakesAt.let { it != null && it <= at }) return
        wakesAt = at
        tasks.runAfter(millis) {
            synchronized(this) { wakesAt = wakesAt.takeIf { it != at } }
            report("time")
        }
    }
}
