package fh.client.internal

import java.util.concurrent.atomic.AtomicBoolean

/** A function of the program, which the native library calls with texts in JSON. */
internal class Callback(private val failures: Failures, private val function: (String) -> String?) {
    /** The failures that are given to the uncaught-exception handler of the thread. The native library counts all of them. */
    enum class Failures {
        /** Each failure, as for listeners. */
        EACH,

        /** The first failure, as for functions that are called for each read. */
        FIRST,
    }

    private val wasReported = AtomicBoolean()

    /** Calls the function, and returns false if it has thrown. */
    fun call(event: String): Boolean = attempt(event) != FAILED

    /** Calls the function of an interceptor. Returns its decision, null for no decision, or [FAILED] if it has thrown. */
    fun attempt(event: String): String? =
        try {
            function(event)
        } catch (error: Throwable) {
            val isDue = failures == Failures.EACH || wasReported.compareAndSet(false, true)
            if (isDue) report(error)
            FAILED
        }

    private fun report(error: Throwable) {
        val thread = Thread.currentThread()
        val handler = thread.uncaughtExceptionHandler ?: thread.threadGroup ?: return
        try {
            handler.uncaughtException(thread, error)
        } catch (_: Throwable) {
            // As for a thread that ends: errors of the handler are ignored.
        }
    }

    private companion object {
        const val FAILED = "failed"
    }
}
