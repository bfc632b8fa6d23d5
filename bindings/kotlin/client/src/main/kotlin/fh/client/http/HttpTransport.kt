package fh.client.http

import fh.client.internal.Bridge
import java.time.Duration

/**
 * Sends the HTTP requests of clients. The packages `fh-client-jdk` and `fh-client-okhttp` have one each.
 *
 * An implementation sends exactly one request for each call: it follows no redirect, and does not retry, keep cookies or cache. It inflates a
 * body that is compressed, and passes on each piece as soon as it arrives.
 */
public fun interface HttpTransport {
    /** Begins to send a request, and returns at once. The transport then reports to the exchange from any thread. */
    public fun send(request: HttpRequest, exchange: HttpExchange)
}

/** A request of a client. Its text shows neither the URL, which contains the API key, nor headers. */
public class HttpRequest internal constructor(
    /** The method, such as `GET`. */
    public val method: String,
    /** The URL. It contains the API key, so it must not be logged. */
    public val url: String,
    /** The names and the values of the headers. */
    public val headers: List<Pair<String, String>>,
    /** The body; null if there is none. */
    public val body: ByteArray?,
    /** The longest time until the connection is open. */
    public val connectTimeout: Duration,
) {
    override fun toString(): String = "HttpRequest($method)"
}

/**
 * The place to which a transport reports the response to a request: [head], then [piece] any number of times, then [end]; or [fail] at any time.
 * A report that comes out of this order, twice, or after the end has no effect. Each exchange needs [end] or [fail].
 */
public class HttpExchange internal constructor(private val number: Long) {
    /** Sets the function that ends the request when the client gives it up. It is called at most once, and must return soon. */
    public fun onCancel(cancel: Runnable): Unit = Bridge.onCancel(number, cancel)

    /** Reports the status and the headers of the response. */
    public fun head(status: Int, headers: List<Pair<String, String>>): Unit =
        Bridge.head(number, status, headers.flatMap { (name, value) -> listOf(name, value) }.toTypedArray())

    /**
     * Reports a piece of the body. Blocks while more than 256 KiB wait for the client. Returns false if the client reads no more, so that the
     * transport should end the request.
     */
    @JvmOverloads
    public fun piece(bytes: ByteArray, start: Int = 0, length: Int = bytes.size): Boolean =
        Bridge.piece(number, bytes, start, length)

    /** Reports the end of the response. */
    public fun end(): Unit = Bridge.end(number)

    /** Reports that the request failed, with the text of an exception. The URL is removed from the text. A `LinkageError` is [HttpFailure.UNUSABLE]. */
    public fun fail(failure: HttpFailure, cause: Throwable) {
        if (cause is LinkageError && failure != HttpFailure.UNUSABLE) return fail(HttpFailure.UNUSABLE, cause)
        // An exception of this type has the text of a transport, which needs no name.
        val name = cause.javaClass.simpleName.takeUnless { cause.javaClass == IllegalArgumentException::class.java }
        val text = listOfNotNull(name, cause.message).joinToString(": ")
        fail(
            failure,
            when (failure) {
                HttpFailure.CONNECT -> "no connection could be opened: $text"
                HttpFailure.CONNECT_TIMEOUT -> "no connection within the time limit"
                HttpFailure.TLS -> text
                HttpFailure.BROKEN -> "the connection broke: $text"
                HttpFailure.UNUSABLE ->
                    "a library of the program has another version than the transport needs, or is missing: set its version, with Maven in " +
                        "dependencyManagement: $text"
                HttpFailure.OTHER -> "the request could not be sent: $text"
            },
        )
    }

    /** Reports that the request failed. The URL is removed from the text. */
    public fun fail(failure: HttpFailure, text: String): Unit = Bridge.fail(number, failure.ordinal, text)
}
