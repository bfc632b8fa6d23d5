package fh.client

import fh.client.http.HttpExchange
import fh.client.http.HttpFailure
import fh.client.http.HttpTransport
import java.lang.ref.WeakReference
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class LifeTest {
    private fun red(version: Int, value: String) =
        """{"id": "1", "key": "COLOUR", "version": $version, "type": "STRING", "value": "$value"}"""

    private fun polling(http: HttpTransport, settings: ClientSettings.() -> Unit = {}) =
        FeatureHub.client("https://edge.example", KEY) {
            mode = FetchMode.POLLING
            interval = Duration.ofMillis(20)
            backoff = Backoff(Duration.ofMillis(1), Duration.ofMillis(1))
            pace = Duration.ZERO
            transport = http
            settings()
        }

    @Test
    fun `hundreds of events make no new threads`() {
        val http = ScriptedHttp()
        val client = polling(http) { interval = Duration.ofMillis(1) }
        http.answer(red(1, "red"))
        client.waitReady(PATIENCE)
        val calls = LinkedBlockingQueue<Thread>()
        client.onChange("COLOUR") { calls.add(Thread.currentThread()) }
        val threads = HashSet<Thread>()
        for (version in 2..300) {
            http.answer(red(version, "colour $version"))
            threads.add(calls.poll(60, TimeUnit.SECONDS) ?: throw AssertionError("no call for version $version"))
        }
        assertTrue(threads.size <= 3, threads.toString())
        client.close()
    }

    @Test
    fun `the time limit of a program cancels each wait`() = runBlocking<Unit> {
        val key = KEY.dropLast(1)
        val client = FeatureHub.client("https://edge.example", key) { transport = HttpTransport { _, _ -> } }
        val release = CountDownLatch(1)
        client.onReadiness { release.await() }
        val waits = mapOf<String, suspend () -> Unit>(
            "flushed" to { client.flushed(PATIENCE) },
            "ready" to { client.ready() },
            "refresh" to { client.refresh() },
            "setContext" to { client.setContext(mapOf("userkey" to "mara")) },
            "setHeaders" to { client.setHeaders(mapOf("x-team" to "shop")) },
            "setApiKeys" to { client.setApiKeys(key) },
            "changes" to { client.changes("COLOUR").first() },
            "state" to { client.state("COLOUR").first { it.exists } },
            "update" to { client.testUpdates().set("COLOUR", Update.of().lock()) },
        )
        for ((name, wait) in waits) assertNull(withTimeoutOrNull(20) { wait() }, name)
        val own = assertThrows(NotReadyException::class.java) { runBlocking { withTimeout(PATIENCE.toMillis()) { client.ready(Duration.ofMillis(20)) } } }
        assertTrue("after PT0.02S" in own.message.orEmpty(), own.message)
        assertFalse(client.flushed(Duration.ofMillis(20)))
        release.countDown()
        assertTrue(client.flushed(PATIENCE))
        client.close()
    }

    @Test
    fun `a transport that breaks the rules does not break the client`() {
        val http = ScriptedHttp()
        var calls = 0
        val client = polling({ request, exchange ->
            calls += 1
            if (calls == 1) throw IllegalStateException("a failure of a test")
            http.send(request, exchange)
        })
        val (request, exchange) = http.next()
        assertFalse("secret-part" in request.toString())
        exchange.head(500, emptyList())
        exchange.head(200, emptyList())
        exchange.end()
        exchange.end()
        exchange.piece(byteArrayOf(1, 2, 3))
        assertFalse(exchange.piece(ByteArray(4), 2, 5))
        val (failed, second) = http.next()
        second.fail(HttpFailure.BROKEN, "GET ${failed.url} broke")
        http.next().second.also { assertFalse("secret-part" in client.statusNow().toString(), client.statusNow().toString()) }
            .answer(red(1, "red"))
        client.waitReady(PATIENCE)
        val open = http.next().second
        val cancelled = CountDownLatch(1)
        open.onCancel { cancelled.countDown() }
        client.close()
        assertTrue(cancelled.await(60, TimeUnit.SECONDS))
        open.head(200, emptyList())
        open.end()
        assertEquals("red", client.string("COLOUR"))
    }

    @Test
    fun `failures are problems, and a body that is too large ends early`() {
        val head = listOf("Content-Type" to "application/json")
        val cases = mapOf<String, (HttpExchange) -> Unit>(
            "too_large" to {
                it.head(200, head)
                val piece = ByteArray(1 shl 20) { ' '.code.toByte() }
                // 100 MiB, unless the client says that it reads no more.
                assertFalse((1..100).all { _ -> it.piece(piece) })
            },
            "server_error" to { it.head(503, listOf("x-\uD83E\uDD86" to "\uD800", "" to "")); it.end() },
            "unreachable" to { it.fail(HttpFailure.CONNECT, "no \uD800 network") },
            "tls" to { it.fail(HttpFailure.TLS, "the certificate has expired") },
        )
        for ((problem, report) in cases) {
            val http = ScriptedHttp()
            val problems = LinkedBlockingQueue<String>()
            val client = polling(http) {
                headers = mapOf("x-team" to "shop")
                onStatus = StatusListener { change -> change.problem?.let { problems.add(it) } }
            }
            val (request, exchange) = http.next()
            assertTrue(request.headers.contains("x-team" to "shop"))
            report(exchange)
            assertEquals(problem, problems.poll(60, TimeUnit.SECONDS))
            http.answer(red(1, "red"))
            client.waitReady(PATIENCE)
            client.close()
        }
    }

    /** The native library refers to functions, so a client that they refer to could never be collected. */
    @Test
    fun `a closed client is collected although its functions refer to it`() {
        fun closed(): WeakReference<Client> {
            val client = polling({ _, _ -> }) { onStatus = StatusListener { } }
            client.onReadiness { client.string("COLOUR") }
            client.onChange("COLOUR") { client.string("COLOUR") }
            client.intercept({ if (client.isReady) Decision.CONTINUE else Decision.CONTINUE })
            client.state("COLOUR")
            client.status.value
            client.close()
            return WeakReference(client)
        }
        val client = closed()
        collectUntil { client.get() == null }
    }

    /** The native memory of clients is freed after their objects were collected, also of those that were never closed. */
    @Test
    fun `clients that are forgotten end`() {
        val cancelled = LinkedBlockingQueue<Int>()
        repeat(20) { number ->
            val client = forgotten { cancelled.add(number) }
            // The flows of a client belong to it.
            client.status.value
            client.state("COLOUR").value
        }
        // The collector may keep the last few, to which a stack still refers.
        collectUntil { cancelled.size >= 15 }
    }

    /** Returns a client whose request only its end cancels. */
    private fun forgotten(cancelled: () -> Unit): Client =
        polling({ _, exchange -> exchange.onCancel { cancelled() } }) {
            limits = Limits().apply { head = Duration.ofHours(1); poll = Duration.ofHours(1) }
        }

    @Test
    fun `a client whose flow is in use goes on`() {
        val cancelled = LinkedBlockingQueue<String>()
        val flow = forgotten { cancelled.add("a flow that the program has") }.state("COLOUR")
        val scope = CoroutineScope(Dispatchers.Default)
        val collection = scope.launch { forgotten { cancelled.add("a flow that is collected") }.status.collect {} }
        val others = LinkedBlockingQueue<Int>()
        repeat(20) { number -> forgotten { others.add(number) } }
        collectUntil { others.size >= 15 }
        assertEquals(listOf(false, true), listOf(flow.value.exists, collection.isActive))
        assertTrue(cancelled.isEmpty(), cancelled.toString())
        scope.cancel()
        collectUntil { "a flow that is collected" in cancelled }
    }

    private fun collectUntil(isDone: () -> Boolean) {
        val end = System.nanoTime() + PATIENCE.toNanos()
        while (!isDone()) {
            assertTrue(System.nanoTime() < end, "the collector has not found them")
            System.gc()
            Thread.yield()
        }
    }
}
