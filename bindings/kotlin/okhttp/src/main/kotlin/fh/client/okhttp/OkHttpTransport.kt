package fh.client.okhttp

import fh.client.http.HttpExchange
import fh.client.http.HttpRequest
import fh.client.http.HttpTransport
import fh.client.http.LibraryThreads
import java.io.InputStream
import java.util.concurrent.TimeUnit
import java.util.zip.GZIPInputStream
import okhttp3.Authenticator
import okhttp3.Call
import okhttp3.ConnectionPool
import okhttp3.CookieJar
import okhttp3.Interceptor
import okhttp3.OkHttpClient
import okhttp3.Response

/**
 * Sends requests with OkHttp, for Java 8 and later and for Android. Each open request has a daemon thread `fh-http`.
 *
 * The program's client gives its TLS, DNS, proxies, interceptors and event listeners. It is not changed: the transport uses a copy without
 * redirects, retries, an authenticator of the Edge, cookies, a cache and time limits. The limits are those of [fh.client.Limits]. The copy
 * keeps no idle connections.
 *
 * ```kotlin
 * val client = FeatureHub.client("https://edge.example", "ENVIRONMENT/KEY*") { transport = OkHttpTransport(http) }
 * ```
 */
public class OkHttpTransport private constructor(source: Lazy<OkHttpClient>) : HttpTransport {
    /** Uses a client with the defaults of OkHttp, which all such transports share. */
    public constructor() : this(DEFAULT)

    /** Uses a copy of this client. */
    public constructor(client: OkHttpClient) : this(lazyOf(client))

    // The first client reads the certificates of the platform, so it is created on the thread of a request.
    private val client: OkHttpClient by lazy { source.value.withoutFollowUps() }

    override fun send(request: HttpRequest, exchange: HttpExchange) {
        start { run(request, exchange) }
    }

    private fun run(request: HttpRequest, exchange: HttpExchange) {
        var hasHead = false
        try {
            val call = call(request)
            // The end of a connection may block, and an event listener of the program may, too.
            exchange.onCancel { start { call.cancel() } }
            call.execute().use { response ->
                exchange.head(response.code, response.fields())
                hasHead = true
                // Without the cancellation, OkHttp would read on for some time to keep the connection.
                if (!pass(response.inflated(), exchange)) call.cancel()
            }
            exchange.end()
        } catch (error: Throwable) {
            exchange.fail(error, hasHead)
        }
    }

    private fun call(request: HttpRequest): Call {
        // 0 would be no limit.
        val connectMillis = request.connectTimeout.toMillis().coerceIn(1, Int.MAX_VALUE.toLong())
        return client.newBuilder().connectTimeout(connectMillis, TimeUnit.MILLISECONDS).build().newCall(request.toOkHttp())
    }

    /** Returns false if the client reads no more. */
    private fun pass(body: InputStream, exchange: HttpExchange): Boolean {
        val bytes = ByteArray(PIECE)
        while (true) {
            val length = body.read(bytes)
            if (length < 0) return true
            if (!exchange.piece(bytes, 0, length)) return false
        }
    }

    private fun Response.inflated(): InputStream {
        val isGzip = header("Content-Encoding").equals("gzip", ignoreCase = true)
        return if (isGzip) GZIPInputStream(body.byteStream()) else body.byteStream()
    }

    private companion object {
        const val PIECE = 16 * 1024

        val DEFAULT = lazy { OkHttpClient() }

        fun start(task: Runnable): Unit = LibraryThreads.make("fh-http", task).start()

        /** Returns a client that sends exactly one request for each call, and has no time limits. */
        fun OkHttpClient.withoutFollowUps(): OkHttpClient {
            val builder = newBuilder()
                .callTimeout(0, TimeUnit.MILLISECONDS)
                .readTimeout(0, TimeUnit.MILLISECONDS)
                .writeTimeout(0, TimeUnit.MILLISECONDS)
                .followRedirects(false)
                .followSslRedirects(false)
                .authenticator(Authenticator.NONE)
                .cookieJar(CookieJar.NO_COOKIES)
                .cache(null)
                // Without retries, the first request on an idle connection that the server has closed would fail.
                .retryOnConnectionFailure(false)
                .connectionPool(ConnectionPool(0, 1, TimeUnit.MILLISECONDS))
            builder.networkInterceptors().add(0, Interceptor { it.proceed(it.request()).withHiddenDelay() })
            return builder.build()
        }

        /** The name of `Retry-After` within OkHttp, which would repeat a request after a delay of 0, and fail on a delay that is no `Int`. */
        const val HIDDEN_DELAY = "X-FH-Retry-After"
        const val DELAY = "Retry-After"

        fun Response.withHiddenDelay(): Response {
            val delay = header(DELAY) ?: return this
            // The value may have any characters.
            val hidden = headers.newBuilder().removeAll(DELAY).addUnsafeNonAscii(HIDDEN_DELAY, delay)
            return newBuilder().headers(hidden.build()).build()
        }

        fun Response.fields(): List<Pair<String, String>> =
            headers.map { (name, value) -> (if (name == HIDDEN_DELAY) DELAY else name) to value }
    }
}
