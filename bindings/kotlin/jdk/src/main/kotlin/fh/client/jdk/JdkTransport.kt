package fh.client.jdk

import fh.client.http.HttpExchange
import fh.client.http.HttpRequest
import fh.client.http.HttpTransport
import fh.client.http.LibraryThreads
import java.io.InputStream
import java.lang.ref.WeakReference
import java.net.http.HttpClient
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodySubscribers
import java.time.Duration
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.SynchronousQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit
import java.util.zip.GZIPInputStream

/**
 * Sends requests with `java.net.http`. Each open request has a daemon thread `fh-http`.
 *
 * Header values are ASCII: `java.net.http` would replace other characters, so a request with such a header fails. On Java 11 to 15, a
 * response must begin within a minute, because those versions cannot cancel a request before.
 *
 * ```kotlin
 * val client = FeatureHub.client("https://edge.example", "ENVIRONMENT/KEY*") { transport = JdkTransport(http) }
 * ```
 */
public class JdkTransport private constructor(private val client: (connectTimeout: Duration) -> HttpClient) : HttpTransport {
    /** Uses clients with the defaults of Java, which all such transports share. */
    public constructor() : this(clients())

    /**
     * Uses this client, with its own connect timeout. An authenticator should answer for proxies only.
     *
     * @throws IllegalArgumentException if the client follows redirects or keeps cookies
     */
    public constructor(client: HttpClient) : this({ client }) {
        require(client.followRedirects() == HttpClient.Redirect.NEVER) {
            "the HttpClient follows redirects: build it with followRedirects(HttpClient.Redirect.NEVER)"
        }
        require(client.cookieHandler().isEmpty) { "the HttpClient keeps cookies: build it without cookieHandler" }
    }

    override fun send(request: HttpRequest, exchange: HttpExchange) {
        start { run(request, exchange) }
    }

    private fun run(request: HttpRequest, exchange: HttpExchange) {
        var hasHead = false
        try {
            val message = request.toJava()
            val cancellation = Cancellation()
            // The end of a connection may block.
            exchange.onCancel { start { cancellation.cancel() } }
            val future = client(request.connectTimeout).sendAsync(message) {
                // Java 11 does not end a request whose future is cancelled. Its body is closed as soon as it comes.
                BodySubscribers.ofInputStream().also { body -> body.body.thenAccept { cancellation.add(it::close) } }
            }
            cancellation.add { future.cancel(true) }
            val response = future.get()
            exchange.head(response.statusCode(), response.fields())
            hasHead = true
            response.body().use { pass(response.inflated(), exchange) }
            exchange.end()
        } catch (error: Throwable) {
            exchange.fail(error, hasHead)
        }
    }

    /** Passes the body on until its end, or until the client reads no more. */
    private fun pass(body: InputStream, exchange: HttpExchange) {
        val bytes = ByteArray(PIECE)
        while (true) {
            val length = body.read(bytes)
            if (length < 0 || !exchange.piece(bytes, 0, length)) return
        }
    }

    private fun HttpResponse<*>.fields(): List<Pair<String, String>> =
        headers().map().filterKeys { !it.startsWith(":") }.flatMap { (name, values) -> values.map { name to it } }

    private fun HttpResponse<InputStream>.inflated(): InputStream {
        val isGzip = headers().firstValue("content-encoding").orElse("").equals("gzip", ignoreCase = true)
        return if (isGzip) GZIPInputStream(body()) else body()
    }

    private companion object {
        const val PIECE = 16 * 1024

        /** The connect timeout belongs to a client, so there is one for each. A thread of a client that nothing uses ends. */
        val DEFAULTS = HashMap<Duration, WeakReference<HttpClient>>()

        /** The threads of clients end soon, because they keep the class loader of the library. */
        val WORKERS = ThreadPoolExecutor(0, Int.MAX_VALUE, 10, TimeUnit.MILLISECONDS, SynchronousQueue()) { LibraryThreads.make("fh-http", it) }

        fun start(task: Runnable): Unit = LibraryThreads.make("fh-http", task).start()

        /** Returns a function that returns the default client, and keeps it for the transport. */
        fun clients(): (Duration) -> HttpClient {
            val own = ConcurrentHashMap<Duration, HttpClient>()
            return { own.computeIfAbsent(it, ::defaultClient) }
        }

        private fun defaultClient(connectTimeout: Duration): HttpClient =
            synchronized(DEFAULTS) {
                DEFAULTS[connectTimeout]?.get() ?: newClient(connectTimeout).also { DEFAULTS[connectTimeout] = WeakReference(it) }
            }

        private fun newClient(connectTimeout: Duration): HttpClient {
            // 0 is no valid timeout.
            val builder = HttpClient.newBuilder().connectTimeout(maxOf(connectTimeout, Duration.ofMillis(1))).executor(WORKERS)
            val thread = Thread.currentThread()
            val loader = thread.contextClassLoader
            try {
                // The thread of the new client, which ends after the client was collected, inherits the class loader.
                thread.contextClassLoader = ClassLoader.getSystemClassLoader()
                return builder.build()
            } finally {
                thread.contextClassLoader = loader
            }
        }
    }
}
