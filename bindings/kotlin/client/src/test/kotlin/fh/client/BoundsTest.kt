package fh.client

import fh.client.testing.MemoryEdge
import java.time.Duration
import java.time.Instant
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Durations, times and numbers at the ends of their types. */
class BoundsTest {
    private val longest = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999)
    private val shortest = Duration.ofSeconds(Long.MIN_VALUE)

    @Test
    fun `waits take durations of any length`() {
        MemoryEdge().client().use { client ->
            runBlocking { client.ready(longest) }
            client.waitReady(longest)
            assertTrue(client.flush(longest))
            client.waitReady(shortest)
            client.observe(UsageObserver { }, UsageOptions(deduplicate = longest)).close()
        }
        FeatureHub.client("https://edge.example", KEY) { transport = ScriptedHttp() }.use { waiting ->
            assertThrows(NotReadyException::class.java) { waiting.waitReady(shortest) }
            assertThrows(NotReadyException::class.java) { runBlocking { waiting.ready(shortest) } }
        }
    }

    @Test
    fun `settings take durations of any length`() {
        val http = ScriptedHttp()
        FeatureHub.client("https://edge.example", KEY) {
            mode = FetchMode.POLLING
            transport = http
            interval = longest
            limits = Limits().apply { connect = longest }
        }.use { client ->
            val (request, exchange) = http.next()
            assertEquals(Duration.ofMillis(Long.MAX_VALUE), request.connectTimeout)
            exchange.answer(feature("N", "NUMBER", "1"))
            client.waitReady(PATIENCE)
        }
        MemoryEdge().client {
            backoff = Backoff(longest, longest)
            backoffWhenRefused = Backoff(longest, longest)
            returnWithin = longest to longest
            healthyAfter = longest
            streamAgainAfter = longest
            limits = Limits().apply {
                head = longest
                poll = longest
                idle = longest
                heldBack = longest
            }
        }.use { it.waitReady(PATIENCE) }
    }

    @Test
    fun `clocks and rules take all times`() {
        val rules = Ruleset.fromJson("""[{"features": [${feature("N", "NUMBER", "1")}]}]""")
        for (time in listOf(Instant.MIN, Instant.MAX)) {
            assertNotNull(Clock(time).apply { now = time }.now)
            assertEquals("1", rules.evaluate("N", now = time).value.toString())
            assertTrue("N" in rules.explain("N", now = time))
        }
    }

    @Test
    fun `a number that no BigDecimal has is its digits, and no read of it throws`() {
        // The BigDecimal of Java 25 takes one exponent more than that of Java 17.
        for (digits in listOf("1e2147483648", "-1e2147483648", "0.1E+2147483648", "1e-2147483648", "1e99999999999999999999")) {
            polled(feature("N", "NUMBER", digits)).use { client ->
                assertNull(client.decimal("N"), digits)
                assertEquals(digits.toDouble(), client.number("N", 5.0), digits)
                assertEquals(digits to "STATIC", client.detail("N").let { it.value to it.reason })
                assertEquals(listOf<Any?>(digits), client.values().map { it.value })
            }
        }
        val http = ScriptedHttp()
        FeatureHub.client("https://edge.example", KEY) {
            mode = FetchMode.ONCE
            transport = http
        }.use { client ->
            http.answer(feature("N", "NUMBER", "1"))
            client.waitReady(PATIENCE)
            val changes = LinkedBlockingQueue<Any>()
            client.onChange("N") { changes.add(it.new ?: "nothing") }
            client.refreshAsync()
            http.answer(feature("N", "NUMBER", "1e2147483648").replace("\"version\": 1", "\"version\": 2"))
            assertEquals("1e2147483648", changes.poll(PATIENCE.seconds, TimeUnit.SECONDS))
        }
    }
}
