package fh.client.internal

import fh.client.Logs
import java.util.concurrent.atomic.AtomicBoolean

/**
 * A function of the program, which the native library calls with texts in JSON. Each failure goes to [log] and no further, or only the first one for
 * functions that are called for each read. The native library counts all of them.
 */
internal class Callback(
    private val onlyFirst: Boolean = false,
    private val log: (Throwable) -> Unit = Logs::failed,
    private val function: (String) -> String?,
) {
    private val wasReported = AtomicBoolean()

    /** Calls the function, and returns false if it has thrown. */
    fun call(event: String): Boolean = attempt(event) != FAILED

    /** Calls the function of an interceptor. Returns its decision, null for no decision, or [FAILED] if it has thrown. */
    fun attempt(event: String): String? =
        try {
            function(event)
        } catch (error: Throwable) {
            val isDue = !onlyFirst || wasReported.compareAndSet(false, true)
            if (isDue) log(error)
            FAILED
        }

    private companion object {
        const val FAILED = "failed"
    }
}
