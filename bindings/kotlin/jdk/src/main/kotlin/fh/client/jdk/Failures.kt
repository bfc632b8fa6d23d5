package fh.client.jdk

import fh.client.http.HttpExchange
import fh.client.http.HttpFailure
import java.io.IOException
import java.net.ConnectException
import java.net.http.HttpConnectTimeoutException
import java.nio.channels.ClosedChannelException
import javax.net.ssl.SSLException

/** The causes of an exception may form a circle. */
private const val LONGEST_CHAIN = 20

/** Reports a failure. After the head of a response, the connection broke, whatever found it. */
internal fun HttpExchange.fail(error: Throwable, hasHead: Boolean) {
    causes(error).firstOrNull { it is LinkageError }?.let { return fail(HttpFailure.UNUSABLE, it) }
    val failure = if (hasHead) HttpFailure.BROKEN else failureOf(error)
    // Java adds this one to refused connections.
    val cause = causes(error).lastOrNull { it !is ClosedChannelException } ?: error
    fail(failure, cause)
}

private fun causes(error: Throwable): Sequence<Throwable> = generateSequence(error) { it.cause }.take(LONGEST_CHAIN)

/** Returns the kind of the first exception that has one. Java wraps exceptions in others. */
private fun failureOf(error: Throwable): HttpFailure = causes(error).firstNotNullOfOrNull { kindOf(it) } ?: HttpFailure.OTHER

private fun kindOf(error: Throwable): HttpFailure? =
    when (error) {
        is HttpConnectTimeoutException -> HttpFailure.CONNECT_TIMEOUT
        is ConnectException -> HttpFailure.CONNECT
        is SSLException -> HttpFailure.TLS
        is IOException -> HttpFailure.BROKEN
        else -> null
    }
