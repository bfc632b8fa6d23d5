package fh.client

import fh.client.testing.MemoryEdge
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test

/** What functions of the program throw is logged and counted, and is no uncaught exception of any thread. */
class FailuresTest {
    private class Failure(of: String) : Error(of)

    private val edge = MemoryEdge()
    private val uncaught = LinkedBlockingQueue<Throwable>()
    private val records = LinkedBlockingQueue<LogRecord>()
    private val before = Thread.getDefaultUncaughtExceptionHandler()

    /** A handler of the program, which throws, too. */
    private val handler = object : Handler() {
        override fun publish(record: LogRecord) {
            records.add(record)
            throw Failure("handler")
        }

        override fun flush() = Unit

        override fun close() = Unit
    }

    @BeforeEach
    fun begin() {
        Thread.setDefaultUncaughtExceptionHandler { _, error -> uncaught.add(error) }
        Logger.getLogger("fh.client").addHandler(handler)
    }

    @AfterEach
    fun end() {
        Logger.getLogger("fh.client").removeHandler(handler)
        Logs.to(LogLevel.OFF) { _, _ -> }
        Thread.setDefaultUncaughtExceptionHandler(before)
        assertEquals(emptyList<Throwable>(), uncaught.toList())
    }

    /** Calls functions of all kinds, which throw their names, and waits until a record of each was found. */
    private fun failAll(next: () -> String?) {
        edge.set("COLOUR", "red")
        val client = edge.client {
            onReadiness = ReadinessListener { throw Failure("<readiness>") }
            onStatus = StatusListener { throw Failure("<status>") }
            onNotice = NoticeListener { throw Failure("<notice>") }
            onRaw = RawListener { throw Failure("<raw>") }
            onNewState = NewStateListener { throw Failure("<new state>") }
            onChange = mapOf("COLOUR" to ChangeListener { throw Failure("<change>") })
            interceptors = listOf(Interception({ throw Failure("<interceptor>") }))
            observers = listOf(Observation({ throw Failure("<observer>") }))
        }
        client.waitReady(PATIENCE)
        assertEquals("red", client.string("COLOUR"))
        edge.set("COLOUR", "blue")
        edge.deliveredAsync().get(60, TimeUnit.SECONDS)
        client.offerFeatures("store", client.environments.first(), "no list")
        val missing = mutableSetOf("readiness", "status", "notice", "raw", "new state", "change", "interceptor", "observer")
        while (missing.isNotEmpty()) {
            val record = next() ?: throw AssertionError("no record of $missing")
            missing.removeIf { "<$it>" in record }
        }
        assertTrue(client.flush(PATIENCE))
        val counters = client.statusNow().counters
        for (name in listOf("listenerPanics", "interceptorPanics", "observerPanics")) assertTrue(counters.getValue(name) > 0, "$counters")
        client.close()
    }

    @Test
    fun `the logger gets them by default`() {
        // Tests before this one have set functions.
        Logs::class.java.getDeclaredField("hasListener").apply { isAccessible = true }.set(Logs, false)
        failAll {
            val record = records.poll(60, TimeUnit.SECONDS)
            record?.takeIf { it.level == Level.SEVERE }?.thrown?.message ?: record?.message
        }
    }

    @Test
    fun `the log function gets them`() {
        val texts = LinkedBlockingQueue<String>()
        Logs.to(LogLevel.ERROR) { _, text -> texts.add(text) }
        failAll { texts.poll(60, TimeUnit.SECONDS) }
        assertTrue(records.isEmpty())
    }

    @Test
    fun `the logger gets the failure of the log function`() {
        Logs.to(LogLevel.INFO) { _, _ -> throw Failure("log function") }
        edge.client().use { it.waitReady(PATIENCE) }
        val record = records.poll(60, TimeUnit.SECONDS)
        assertEquals(Level.SEVERE to "log function", record?.level to record?.thrown?.message)
    }
}
