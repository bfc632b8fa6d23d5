package fh.client.jdk

import fh.client.http.HttpExchange
import fh.client.http.HttpFailure
import fh.client.http.HttpRequest
import fh.client.http.HttpTransport
import java.io.IOException
import java.io.InputStream
import java.net.ConnectException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpConnectTimeoutException
import java.net.http.HttpResponse.BodyHandlers
import java.util.concurrent.Executors
import java.util.concurrent.ThreadFactory
import java.util.concurrent.atomic.AtomicReference
import java.util.zip.GZIPInputStream
import javax.net.ssl.SSLException

/**
 * Sends requests with `java.net.http`. Each open request has a daemon thread, which reads its response.
 *
 * The client that a program gives must follow no redirects and have no cookie handler; the default one has neither.
 */
public class JdkTransport @JvmOverloads constructor(
    private val client: HttpClient = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build(),
) : HttpTransport {
    override fun send(request: HttpRequest, exchange: HttpExchange) {
        THREADS.execute { run(request, exchange) }
    }

    private fun run(request: HttpRequest, exchange: HttpExchange) {
        val body = AtomicReference<InputStream?>()
        val thread = Thread.currentThread()
        exchange.onCancel {
            // Before the head, the thread waits for the response; afterwards it reads the body.
            thread.interrupt()
            body.get()?.closeLater()
        }
        try {
            val response = client.send(request.toJava(), BodyHandlers.ofInputStream())
            body.set(response.body())
            val headers = response.headers().map().flatMap { (name, values) -> values.map { name to it } }
            val encoding = response.headers().firstValue("content-encoding").orElse("")
            exchange.head(response.statusCode(), headers.filter { (name, _) -> !name.startsWith(":") })
            val stream = if (encoding.equals("gzip", ignoreCase = true)) GZIPInputStream(response.body()) else response.body()
            stream.use { pass(it, exchange) }
            exchange.end()
        } catch (error: InterruptedException) {
            exchange.fail(HttpFailure.BROKEN, "the request was cancelled")
        } catch (error: IOException) {
            exchange.fail(failureOf(error), error.toString())
        } catch (error: RuntimeException) {
            exchange.fail(HttpFailure.OTHER, error.toString())
        } finally {
            Thread.interrupted()
        }
    }

    private fun pass(body: InputStream, exchange: HttpExchange) {
        val bytes = ByteArray(PIECE)
        while (true) {
            val length = body.read(bytes)
            if (length < 0 || !exchange.piece(bytes, 0, length)) return
        }
    }

    private fun failureOf(error: IOException): HttpFailure =
        when (error) {
            is HttpConnectTimeoutException -> HttpFailure.CONNECT_TIMEOUT
            is ConnectException -> HttpFailure.CONNECT
            is SSLException -> HttpFailure.TLS
            else -> HttpFailure.BROKEN
        }

    private fun HttpRequest.toJava(): java.net.http.HttpRequest {
        val builder = java.net.http.HttpRequest.newBuilder(URI(url))
        // Java would ask a server without TLS to change to HTTP/2, which proxies refuse.
        if (url.startsWith("http://")) builder.version(HttpClient.Version.HTTP_1_1)
        headers.forEach { (name, value) -> builder.header(name, value) }
        val publisher = body?.let { java.net.http.HttpRequest.BodyPublishers.ofByteArray(it) }
        return builder.method(method, publisher ?: java.net.http.HttpRequest.BodyPublishers.noBody()).build()
    }

    private companion object {
        const val PIECE = 16 * 1024

        val THREADS = Executors.newCachedThreadPool(
            ThreadFactory { task -> Thread(task, "fh-http").apply { isDaemon = true } },
        )

        /** Closes a stream on another thread, because the end of a connection may block. */
        fun InputStream.closeLater() {
            THREADS.execute {
                try {
                    close()
                } catch (_: IOException) {
                }
            }
        }
    }
}
