package fh.client

import fh.client.http.HttpTransport
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test

/** The functions that block their thread. */
class WaitsTest {
    /** A wait that ends at its limit is longer than a test. */
    private val endless = Duration.ofDays(1)

    private val waits = mapOf<String, (Client) -> Any>("waitReady" to { it.waitReady(endless) }, "flush" to { it.flush(endless) })

    /** Calls a function with a client without features, one of whose listeners blocks. */
    private fun whileWaiting(call: (Client) -> Unit) {
        val release = CountDownLatch(1)
        FeatureHub.client("https://edge.example", KEY) { transport = HttpTransport { _, _ -> } }.use { client ->
            client.onReadiness { release.await() }
            try {
                call(client)
            } finally {
                release.countDown()
            }
        }
    }

    @Test
    fun `an interrupt ends each wait`() = whileWaiting { client ->
        for ((name, wait) in waits) {
            val ends = LinkedBlockingQueue<Any>()
            val thread = thread(isDaemon = true) { ends.add(runCatching { wait(client) }.exceptionOrNull() ?: "no interrupt") }
            val limit = System.nanoTime() + PATIENCE.toNanos()
            // A thread that waits in native code seems to run.
            while (thread.state != Thread.State.TIMED_WAITING) {
                assertTrue(System.nanoTime() < limit, "$name does not wait in Java")
                Thread.yield()
            }
            thread.interrupt()
            val end = ends.poll(PATIENCE.seconds, TimeUnit.SECONDS)
            assertTrue(end is InterruptedException, "$name: $end")
        }
        polled(feature("N", "NUMBER", "1")).use { ready ->
            for ((name, wait) in waits) {
                Thread.currentThread().interrupt()
                assertThrows(InterruptedException::class.java, { wait(ready) }, name)
            }
        }
    }

    @Test
    fun `a virtual thread that waits leaves its carrier`() {
        // Java has virtual threads from version 21 on.
        val factory = Executors::class.java.methods.find { it.name == "newVirtualThreadPerTaskExecutor" }
        assumeTrue(factory != null)
        val carriers = Runtime.getRuntime().availableProcessors()
        for ((name, wait) in waits) {
            whileWaiting { client ->
                val threads = factory!!.invoke(null) as ExecutorService
                repeat(2 * carriers) { threads.execute { runCatching { wait(client) } } }
                val others = List(carriers) { threads.submit<String> { client.string("COLOUR", "none") } }
                assertEquals(List(carriers) { "none" }, others.map { it.get(PATIENCE.seconds, TimeUnit.SECONDS) }, name)
                threads.shutdownNow()
                assertTrue(threads.awaitTermination(PATIENCE.seconds, TimeUnit.SECONDS), name)
            }
        }
    }

    @Test
    fun `a flush in a listener or an observer answers at once, and its work goes on`() {
        val answers = LinkedBlockingQueue<Boolean>()
        polled(feature("N", "NUMBER", "1")).use { client ->
            client.onReadiness { answers.add(client.flush(endless)) }
            assertEquals(false, answers.poll(PATIENCE.seconds, TimeUnit.SECONDS))
            client.observe({ answers.add(client.flush(endless)) })
            client.number("N", 0.0)
            assertTrue(client.flush(PATIENCE))
            assertEquals(false, answers.poll(PATIENCE.seconds, TimeUnit.SECONDS))
        }
    }

    @Test
    fun `a listener may wait for features`() {
        val http = ScriptedHttp()
        val values = LinkedBlockingQueue<Double>()
        FeatureHub.client("https://edge.example", KEY) {
            mode = FetchMode.ONCE
            transport = http
        }.use { client ->
            client.onReadiness {
                client.waitReady(endless)
                values.add(client.number("N", 0.0))
            }
            http.answer(feature("N", "NUMBER", "1"))
            assertEquals(1.0, values.poll(PATIENCE.seconds, TimeUnit.SECONDS))
        }
    }
}
