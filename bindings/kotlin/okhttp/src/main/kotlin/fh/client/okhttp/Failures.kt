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

/** The mend of a class path with two versions of OkHttp, which Maven takes for two libraries. */
private const val OLDER =
    "the class path has an OkHttp before version 4, or none: with Maven, add com.squareup.okhttp3:okhttp with the version of okhttp-jvm to dependencyManagement"

/** Reports a failure. After the head of a response, the connection broke, whatever found it. */
internal fun HttpExchange.fail(error: Throwable, hasHead: Boolean) {
    generateSequence(error) { it.cause }.take(LONGEST_CHAIN).firstOrNull { it is LinkageError }?.let { return fail(HttpFailure.UNUSABLE, "$it: $OLDER") }
    val failure = if (hasHead) HttpFailure.BROKEN else failureOf(error)
    val cause = generateSequence(error) { it.cause }.take(LONGEST_CHAIN).last()
    fail(failure, cause)
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
