package fh.client

import fh.client.http.HttpFailure
import fh.client.http.HttpTransport
import fh.client.testing.MemoryEdge
import java.io.File
import java.lang.ref.WeakReference
import java.util.concurrent.Callable
import java.util.concurrent.CountDownLatch
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test

/** Many clients, contexts, threads and processes, in a machine with 128 MiB and with its checks of the native library. */
@Tag("deep")
class EnduranceTest {
    private val noNetwork = HttpTransport { _, exchange -> exchange.fail(HttpFailure.CONNECT, "no network") }

    private fun memory(): Long {
        System.gc()
        // The second number is the size of the resident pages.
        return File("/proc/self/statm").readText().split(" ")[1].toLong() * 4096
    }

    private fun started(http: HttpTransport = noNetwork): Client =
        FeatureHub.client("https://edge.example", KEY) { transport = http }

    @Test
    fun `10,000 clients leave no memory and no threads behind`() {
        fun openAndClose(clients: Int) {
            repeat(clients) { number ->
                val client = started()
                client.onChange("COLOUR") {}
                client.context("userkey" to number).string("COLOUR")
                client.close()
            }
        }
        fun nativeThreads() = File("/proc/self/task").list().orEmpty().size
        openAndClose(2_000)
        val (before, threads) = memory() to nativeThreads()
        openAndClose(8_000)
        val end = System.nanoTime() + PATIENCE.toNanos()
        while (nativeThreads() > threads + 20 && System.nanoTime() < end) System.gc()
        assertTrue(nativeThreads() <= threads + 20, "${nativeThreads()} threads after $threads")
        val grown = memory() - before
        assertTrue(grown < 64 shl 20, "8,000 clients have left $grown bytes")
    }

    @Test
    fun `1,000,000 contexts fit`() {
        val edge = MemoryEdge()
        edge.set("COLOUR", "red")
        val client = edge.client()
        client.waitReady(PATIENCE)
        repeat(20_000) { client.context("userkey" to it, "plan" to "gold").string("COLOUR") }
        val before = memory()
        repeat(1_000_000) { assertEquals("red", client.context("userkey" to it, "plan" to "gold").string("COLOUR")) }
        val grown = memory() - before
        assertTrue(grown < 64 shl 20, "1,000,000 contexts have left $grown bytes")
        client.close()
    }

    @Test
    fun `32 threads keep nothing of the clients of 1 MB that they have read`() {
        val features = (0 until 1_000).map { feature("FEATURE-$it", "STRING", quoted("$it".padEnd(1_000, 'x'))) }.toTypedArray()
        val threads = Executors.newFixedThreadPool(32) { run -> Thread(run).also { it.isDaemon = true } }
        // The threads wait for each other, so that each of them reads one client of a round.
        val all = CyclicBarrier(32)
        fun round() {
            val read = Callable {
                polled(*features, feature("NUMBER", "NUMBER", "1")).use {
                    assertEquals(1.0, it.context("userkey" to "mara").number("NUMBER", 0.0))
                    WeakReference(it)
                }.also { all.await() }
            }
            val clients = threads.invokeAll(List(32) { read }).map { it.get() }
            val end = System.nanoTime() + PATIENCE.toNanos()
            while (clients.count { it.get() != null } > 2 && System.nanoTime() < end) System.gc()
        }
        repeat(2) { round() }
        val before = memory()
        repeat(6) { round() }
        val grown = memory() - before
        assertTrue(grown < 64 shl 20, "192 clients have left $grown bytes")
        threads.shutdown()
    }

    @Test
    fun `8 threads read while clients are closed and collected, 10,000 times`() {
        val edge = MemoryEdge()
        edge.set("COLOUR", "red")
        val current = AtomicReference(edge.client { mode = FetchMode.ONCE }.also { it.waitReady(PATIENCE) })
        val isOver = AtomicInteger()
        val reads = AtomicInteger()
        val failures = AtomicReference<Throwable?>()
        val readers = (1..8).map { number ->
            thread {
                try {
                    while (isOver.get() == 0) {
                        val client = current.get()
                        val value = client.context("userkey" to number).string("COLOUR", "none")
                        assertTrue(value == "red" || value == "none", value)
                        client.detail("COLOUR")
                        reads.incrementAndGet()
                    }
                } catch (failure: Throwable) {
                    failures.set(failure)
                }
            }
        }
        repeat(10_000) { number ->
            val former = current.getAndSet(edge.client { mode = FetchMode.ONCE })
            former.close()
            if (number % 500 == 0) System.gc()
        }
        isOver.set(1)
        readers.forEach { it.join() }
        assertEquals(null, failures.get())
        assertTrue(reads.get() > 10_000, "${reads.get()} reads")
        current.get().close()
    }

    @Test
    fun `a program with 20 live clients ends, 100 times`() {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val library = System.getProperty("fh.client.library")?.let { listOf("-Dfh.client.library=$it") }.orEmpty()
        val command = listOf(java, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Xcheck:jni") + library +
            listOf("-cp", System.getProperty("java.class.path"), "fh.client.LiveClients")
        val waiting = AtomicInteger(100)
        val failures = AtomicReference<String?>()
        val done = CountDownLatch(2)
        repeat(2) {
            thread {
                while (waiting.getAndDecrement() > 0 && failures.get() == null) {
                    val program = ProcessBuilder(command).redirectErrorStream(true).start()
                    program.outputStream.close()
                    val output = program.inputStream.readBytes().decodeToString()
                    if (!program.waitFor(60, TimeUnit.SECONDS) || program.exitValue() != 0 || output.trim() != "done") failures.set(output)
                }
                done.countDown()
            }
        }
        done.await()
        assertEquals(null, failures.get())
    }
}

/** A program that returns from `main` with 20 clients, whose listeners, futures and state flows are alive. */
object LiveClients {
    @JvmStatic
    fun main(arguments: Array<String>) {
        Logs.to(LogLevel.OFF) { _, _ -> }
        val edge = MemoryEdge()
        edge.set("COLOUR", "red")
        val clients = (1..20).map { edge.client() }
        for (client in clients) {
            client.onChange("COLOUR") { edge.set("COLOUR", "blue") }
            client.state("COLOUR")
            client.refreshAsync()
            client.waitReady(PATIENCE)
        }
        println("done")
    }
}
