package fh.client.internal

import fh.client.Logs
import java.util.concurrent.atomic.AtomicBoolean

/** A function of the program, which the native library calls with texts in JSON. What it throws goes to [log], and no further. */
internal class Callback(
    private val failures: Failures,
    private val log: (Throwable) -> Unit = Logs::failed,
    private val function: (String) -> String?,
) {
    /** The failures that are logged. The native library counts all of them. */
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
            if (isDue) log(error)
            FAILED
        }

    private companion object {
        const val FAILED = "failed"
    }
}
