package fh.client.okhttp

import fh.client.http.HttpExchange
import fh.client.http.HttpFailure
import java.io.IOException
import java.net.ConnectException
import java.net.NoRouteToHostException
import java.net.SocketTimeoutException
import java.net.UnknownHostException
import javax.net.ssl.SSLException

/** The causes of an exception may form a circle. */
private const val LONGEST_CHAIN = 20

/** Reports a failure. After the head of a response, the connection broke, whatever found it. */
internal fun HttpExchange.fail(error: Throwable, hasHead: Boolean) {
    val failure = if (hasHead) HttpFailure.BROKEN else failureOf(error)
    val cause = generateSequence(error) { it.cause }.take(LONGEST_CHAIN).last()
    val text = when (failure) {
        HttpFailure.CONNECT -> "no connection could be opened: ${cause.text()}"
        HttpFailure.CONNECT_TIMEOUT -> "no connection within the time limit"
        HttpFailure.TLS -> cause.text()
        HttpFailure.BROKEN -> "the connection broke: ${cause.text()}"
        HttpFailure.OTHER -> "the request could not be sent: ${cause.text()}"
    }
    fail(failure, text)
}

private fun failureOf(error: Throwable): HttpFailure =
    when (error) {
        is ConnectException, is NoRouteToHostException, is UnknownHostException -> HttpFailure.CONNECT
        // The client has no other time limit.
        is SocketTimeoutException -> HttpFailure.CONNECT_TIMEOUT
        is SSLException -> HttpFailure.TLS
        is IOException -> HttpFailure.BROKEN
        else -> HttpFailure.OTHER
    }

/** Returns the text of this package's own errors, and the name with the text of others. */
private fun Throwable.text(): String {
    val isOwn = javaClass == IllegalArgumentException::class.java
    return listOfNotNull(javaClass.simpleName.takeUnless { isOwn }, message).joinToString(": ")
}
