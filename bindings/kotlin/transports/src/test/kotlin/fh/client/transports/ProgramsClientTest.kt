package fh.client.transports

import fh.client.FetchMode
import fh.client.Limits
import fh.client.jdk.JdkTransport
import fh.client.okhttp.OkHttpTransport
import java.net.CookieManager
import java.net.InetAddress
import java.net.http.HttpClient
import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import okhttp3.Dns
import okhttp3.Interceptor
import okhttp3.OkHttpClient
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

/** The settings of the HTTP client that a program gives to a transport. */
class ProgramsClientTest {
    @Test
    fun `a client of java_net_http that follows redirects or keeps cookies is refused`() {
        val builders = mapOf(
            "Redirect.NEVER" to HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL),
            "without cookieHandler" to HttpClient.newBuilder().cookieHandler(CookieManager()),
        )
        for ((advice, builder) in builders) {
            val error = assertThrows(IllegalArgumentException::class.java) { JdkTransport(builder.build()) }
            assertTrue(advice in error.message.orEmpty(), error.message)
        }
    }

    @Test
    fun `OkHttp has the connect timeout of the request, and no other time limit`() {
        val limits = LinkedBlockingQueue<List<Number>>()
        val record = Interceptor { chain ->
            val call = chain.call().timeout().timeoutNanos()
            limits.add(listOf(chain.connectTimeoutMillis(), chain.readTimeoutMillis(), chain.writeTimeoutMillis(), call))
            chain.proceed(chain.request())
        }
        RawServer().use { server ->
            val http = OkHttpTransport(unsuitableClient().addInterceptor(record).build())
            val given = Limits().apply { connect = Duration.ofMillis(1234) }
            Stack.OKHTTP.client(server.url, FetchMode.ONCE, http) { this.limits = given }.use {
                server.next()
                assertEquals(listOf<Number>(1234, 0, 0, 0L), limits.poll())
            }
        }
    }

    @Test
    fun `OkHttp keeps no idle connection, because a request on one that the server has closed would fail`() {
        RawServer().use { server ->
            Stack.OKHTTP_OF_PROGRAM.client(server.url, FetchMode.ONCE).use {
                val request = server.next()
                request.answer(200, "content-type: application/json", body = poll("red"))
                request.awaitEnd()
            }
        }
    }

    /** A transport without retries must still try each address of a host. */
    @ParameterizedTest
    @ValueSource(booleans = [true, false])
    fun `OkHttp connects to the address that accepts connections`(isInParallel: Boolean) {
        RawServer().use { server ->
            val addresses = listOf("127.0.0.2", "127.0.0.1").map { InetAddress.getByName(it) }
            val http = OkHttpClient.Builder().fastFallback(isInParallel).dns(Dns { addresses }).build()
            Stack.OKHTTP.client("http://edge.example:${server.port}", FetchMode.ONCE, OkHttpTransport(http)).use { server.next() }
        }
    }
}
