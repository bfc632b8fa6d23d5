package fh.client.jdk

import fh.client.http.HttpRequest
import java.io.IOException
import java.io.UncheckedIOException
import java.net.URI
import java.net.URISyntaxException
import java.net.http.HttpClient
import java.net.http.HttpRequest.BodyPublisher
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpRequest.Builder
import java.time.Duration
import java.util.concurrent.atomic.AtomicBoolean

/** Java before version 16 cannot cancel a request whose response has not begun, so its connection closes after this time. */
private val LONGEST_WAIT: Duration? = Duration.ofMinutes(1).takeIf { Runtime.version().feature() < 16 }

/**
 * Returns the request of `java.net.http`.
 *
 * @throws IllegalArgumentException if Java cannot send it. The text contains neither the URL nor the value of a header.
 */
internal fun HttpRequest.toJava(): java.net.http.HttpRequest {
    val builder = builder(url)
    // Java would ask a server without TLS to change to HTTP/2, which proxies refuse.
    if (url.startsWith("http://")) builder.version(HttpClient.Version.HTTP_1_1)
    LONGEST_WAIT?.let { builder.timeout(it) }
    // Java would replace characters outside ASCII. Without the tag of its features, the client gets them again.
    val fields = headers.filter { (name, value) -> value.isAscii() || !name.equals("if-none-match", ignoreCase = true) }
    fields.forEach { (name, value) -> builder.add(name, value) }
    val isStream = headers.any { (name, value) -> name.equals("accept", ignoreCase = true) && value == "text/event-stream" }
    // A proxy that compresses a stream delays its events.
    builder.setHeader("Accept-Encoding", if (isStream) "identity" else "gzip")
    return builder.method(method, body?.let { BodyPublishers.ofByteArray(it) } ?: SentOnce()).build()
}

/**
 * The empty body of a request. `java.net.http` sends a GET again if the connection ends without a response, and has no setting against
 * it. It reads the length of the body each time, so the second time fails.
 */
private class SentOnce : BodyPublisher by BodyPublishers.noBody() {
    private val isSent = AtomicBoolean()

    override fun contentLength(): Long {
        if (isSent.getAndSet(true)) throw UncheckedIOException(IOException("it ended without a response"))
        return 0
    }
}

private fun builder(url: String): Builder =
    try {
        java.net.http.HttpRequest.newBuilder(URI(url))
    } catch (error: URISyntaxException) {
        throw IllegalArgumentException("the URL is invalid: ${error.reason}")
    } catch (_: IllegalArgumentException) {
        throw IllegalArgumentException("java.net.http does not accept the URL; its host must have no underscore")
    }

private fun Builder.add(name: String, value: String) {
    require(value.isAscii()) { "java.net.http sends headers in ASCII, and $name has another character" }
    try {
        header(name, value)
    } catch (_: IllegalArgumentException) {
        throw IllegalArgumentException("java.net.http does not send the header $name")
    }
}

private fun String.isAscii() = all { it in ' '..'~' || it == '\t' }
