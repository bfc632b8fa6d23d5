package fh.client.transports

import fh.client.Backoff
import fh.client.Client
import fh.client.ClientSettings
import fh.client.FeatureHub
import fh.client.FetchMode
import fh.client.http.HttpTransport
import fh.client.jdk.JdkTransport
import fh.client.okhttp.OkHttpTransport
import java.net.http.HttpClient
import java.nio.file.Files
import java.time.Duration
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import okhttp3.Cache
import okhttp3.Cookie
import okhttp3.CookieJar
import okhttp3.Dispatcher
import okhttp3.HttpUrl
import okhttp3.OkHttpClient

const val KEY = "environment/secret-part*"
val PATIENCE: Duration = Duration.ofSeconds(PATIENCE_SECONDS)
val SOON: Duration = Duration.ofMillis(50)

/** A time after the end of each test. */
val NEVER: Duration = Duration.ofHours(1)

/** The transports, each with its own client and with a client of the program. */
enum class Stack(private val create: () -> HttpTransport) {
    JDK({ JdkTransport() }),
    JDK_OF_PROGRAM({ JdkTransport(HttpClient.newBuilder().executor(Executors.newSingleThreadExecutor { daemon(it) }).build()) }),
    OKHTTP({ OkHttpTransport() }),
    OKHTTP_OF_PROGRAM({ OkHttpTransport(unsuitableClient().build()) }),
    ;

    val isJdk: Boolean get() = this == JDK || this == JDK_OF_PROGRAM

    fun transport(): HttpTransport = create()

    /** Starts a client that does not repeat a request within the test. */
    fun client(url: String, mode: FetchMode, http: HttpTransport = transport(), settings: ClientSettings.() -> Unit = {}): Client =
        FeatureHub.client(url, KEY) {
            this.mode = mode
            transport = http
            backoff = Backoff(NEVER, NEVER, 0.0)
            backoffWhenRefused = Backoff(NEVER, NEVER, 0.0)
            pace = Duration.ZERO
            settings()
        }
}

private fun daemon(task: Runnable) = Thread(task).apply { isDaemon = true }

/** Returns a client of OkHttp whose settings do not suit a stream: it has short time limits, and sends more than one request. */
fun unsuitableClient(): OkHttpClient.Builder =
    OkHttpClient.Builder()
        .callTimeout(1, TimeUnit.MILLISECONDS)
        .readTimeout(1, TimeUnit.MILLISECONDS)
        .writeTimeout(1, TimeUnit.MILLISECONDS)
        .authenticator { _, response -> response.request.newBuilder().header("Authorization", "Basic eDp5").build() }
        .cache(Cache(Files.createTempDirectory("cache").toFile().apply { deleteOnExit() }, 1 shl 20))
        .dispatcher(Dispatcher().apply { maxRequests = 1 })
        .cookieJar(
            object : CookieJar {
                override fun saveFromResponse(url: HttpUrl, cookies: List<Cookie>) = Unit

                override fun loadForRequest(url: HttpUrl) = listOf(Cookie.Builder().name("a").value("b").domain("127.0.0.1").build())
            },
        )

fun feature(value: String): String =
    """{"id": "1", "key": "COLOUR", "version": ${value.length}, "type": "STRING", "value": "$value"}"""

/** Returns the response of a poll. */
fun poll(value: String): ByteArray = """[{"id": "environment", "features": [${feature(value)}]}]""".toByteArray()

/** Waits until a state is reached. */
fun await(what: String, isReached: () -> Boolean) {
    val end = System.nanoTime() + PATIENCE.toNanos()
    while (!isReached()) {
        if (System.nanoTime() > end) throw AssertionError("not reached: $what")
        Thread.yield()
    }
}
