package shop

import fh.client.Client
import fh.client.Readiness
import fh.client.testing.MemoryEdge
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.springframework.boot.builder.SpringApplicationBuilder
import org.springframework.boot.test.context.SpringBootTest
import org.springframework.boot.test.web.server.LocalServerPort
import org.springframework.test.context.bean.override.convention.TestBean

/** Sends a request of a user. */
private fun HttpClient.get(port: String, path: String, vararg headers: String): CompletableFuture<HttpResponse<String>> {
    val request = HttpRequest.newBuilder(URI("http://localhost:$port$path"))
    if (headers.isNotEmpty()) request.headers(*headers)
    return sendAsync(request.build(), BodyHandlers.ofString())
}

private fun <T> CompletableFuture<T>.wait(): T = get(60, TimeUnit.SECONDS)

/** The shop with an Edge in memory. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class ShopTest {
    @LocalServerPort
    private lateinit var port: String

    @TestBean
    private lateinit var client: Client

    private val http = HttpClient.newHttpClient()

    /** Gives each user a banner with a greeting. */
    private fun greet(greeting: String) {
        val strategies = USERS.map {
            """{"id": "$it", "value": "$greeting $it", "attributes": [${equals("userkey", it)}]}"""
        }
        EDGE.setStrategies("BANNER", "$strategies")
        EDGE.deliveredAsync().wait()
    }

    /** Requests the page of each user, all at once. */
    private fun pages(): List<String> =
        USERS.map { http.get(port, "/", "x-user", it, "x-plan", if (it.endsWith("7")) "gold" else "free") }
            .map { it.wait().body() }

    @Test
    fun `100 users get their own pages, and see a change without a restart`() {
        client.waitReady(Duration.ofSeconds(60))
        for ((greeting, checkout) in listOf("Hello" to "old", "Kia ora" to "new")) {
            EDGE.set("NEW_CHECKOUT", checkout == "new")
            greet(greeting)
            val expected = USERS.map {
                val price = if (it.endsWith("7")) "17.50" else "20.00"
                """{"banner":"$greeting $it","checkout":"$checkout","price":$price}"""
            }
            assertEquals(expected, pages())
        }
        val stranger = http.get(port, "/").wait()
        assertEquals("""{"banner":"Welcome back","checkout":"new","price":20.00}""", stranger.body())
        assertTrue("NEW_CHECKOUT" in http.get(port, "/why", "x-user", "user-1").wait().body())
        assertEquals(200, http.get(port, "/actuator/health/readiness").wait().statusCode())
    }

    @Test
    fun `without an Edge the shop serves its defaults, is not ready, and closes its client at its end`() {
        val shop = SpringApplicationBuilder(ShopApplication::class.java).run(
            "--server.port=0",
            // No program listens on this port.
            "--FEATUREHUB_EDGE_URL=http://127.0.0.1:9",
            "--FEATUREHUB_CLIENT_API_KEY=shop/key*",
        )
        val own = shop.getBean(Client::class.java)
        val port = shop.environment.getProperty("local.server.port")!!
        assertEquals("""{"banner":"Welcome","checkout":"old","price":20.00}""", http.get(port, "/", "x-user", "user-1").wait().body())
        assertEquals(503, http.get(port, "/actuator/health/readiness").wait().statusCode())
        assertEquals(200, http.get(port, "/actuator/health/liveness").wait().statusCode())
        shop.close()
        own.closedAsync().wait()
        assertEquals(Readiness.CLOSED, own.readiness)
    }

    companion object {
        private val USERS = (1..100).map { "user-$it" }

        private fun equals(field: String, value: String) =
            """{"fieldName": "$field", "type": "STRING", "conditional": "EQUALS", "values": ["$value"]}"""

        private val EDGE = MemoryEdge().apply {
            set("BANNER", "Welcome back")
            set("NEW_CHECKOUT", false)
            set("DISCOUNT", 0)
            setStrategies("DISCOUNT", """[{"id": "gold", "value": 12.5, "attributes": [${equals("plan", "gold")}]}]""")
        }

        @JvmStatic
        fun client(): Client = EDGE.client()
    }
}
