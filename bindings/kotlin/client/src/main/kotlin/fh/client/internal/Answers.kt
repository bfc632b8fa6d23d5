package fh.client.internal

import fh.client.ClientException
import fh.client.ClosedException
import fh.client.EdgeException
import fh.client.NotReadyException
import fh.client.RefusedException
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException

/** Returns the result of an operation of the native library, or throws the failure. */
internal fun answerOf(text: String): Any? {
    val members = Json.members(text)
    val failure = members["failure"] as Map<*, *>? ?: return members["answer"]
    throw failureOf(failure)
}

private fun failureOf(failure: Map<*, *>): Exception {
    val message = failure["message"].toString()
    val code = failure["code"]?.toString()
    return when (failure["kind"]) {
        "invalid" -> IllegalArgumentException(message)
        "closed" -> ClosedException(message)
        "notReady", "timedOut" -> NotReadyException(message, code)
        "refused" -> RefusedException(message, code.orEmpty(), failure["status"]?.toString()?.toInt())
        "edge" -> EdgeException(message, code.orEmpty())
        else -> ClientException(message)
    }
}

/** Begins an operation that ends later. `begin` returns its number. The operation is given up when the future is cancelled. */
internal fun <T> later(begin: (Callback) -> Long, convert: (Any?) -> T): CompletableFuture<T> {
    val future = CompletableFuture<T>()
    val done = Callback { text ->
        try {
            future.complete(convert(answerOf(text)))
        } catch (failure: Exception) {
            future.completeExceptionally(failure)
        }
        null
    }
    val operation = begin(done)
    future.whenComplete { _, _ -> Bridge.forgetOperation(operation) }
    return future
}

/**
 * Blocks this thread until the future has ended, and gives it up after the time. Returns true if it has ended. The thread waits in Java, so that an
 * interrupt ends the wait, and a virtual thread leaves its carrier.
 */
internal fun CompletableFuture<*>.endsWithin(timeout: Duration): Boolean =
    try {
        if (Thread.interrupted()) throw InterruptedException()
        get(timeout.limitMillis, TimeUnit.MILLISECONDS)
        true
    } catch (_: TimeoutException) {
        false
    } catch (failed: ExecutionException) {
        // The failure was made on another thread.
        throw (failed.cause ?: failed).also { it.fillInStackTrace() }
    } finally {
        cancel(false)
    }
