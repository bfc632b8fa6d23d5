package fh.client.transports

import fh.client.AppLifecycle
import fh.client.Client
import fh.client.FetchMode
import java.util.PriorityQueue
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedClass
import org.junit.jupiter.params.provider.EnumSource

private const val SCREEN = 1L
private const val WIFI = 10L
private const val MOBILE = 11L
private const val HOUR = 3_600_000L

/** A time that passes when the test says so, with the tasks that wait for it. */
private class FakeTime {
    var now = 0L
    private val tasks = PriorityQueue<Pair<Long, Runnable>>(compareBy { it.first })

    fun lifecycle(client: Client) = AppLifecycle(client, { now }) { millis, task -> tasks.add(now + millis to task) }

    fun pass(millis: Long) {
        val end = now + millis
        while (tasks.isNotEmpty() && tasks.peek().first <= end) {
            val (at, task) = tasks.remove()
            now = at
            task.run()
        }
        now = end
    }
}

/** Clients that follow the lifecycle of an app, over both HTTP stacks. Its time is that of the test, and the sockets are real. */
@ParameterizedClass
@EnumSource(Stack::class, names = ["JDK", "OKHTTP"])
class AppLifecycleTest(stack: Stack) {
    private val server = RawServer()
    private val client: Client = stack.client(server.url, FetchMode.STREAMING)
    private val stream = server.next().also { it.stream("red") }
    private val time = FakeTime()
    private val lifecycle = time.lifecycle(client)

    init {
        client.waitReady(PATIENCE)
    }

    @AfterEach
    fun close() {
        client.close()
        server.close()
    }

    private fun RawRequest.stream(value: String) {
        send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: features\ndata: [${feature(value)}]\n\n")
    }

    private fun awaitColour(value: String) = await("the change to $value") { client.string("COLOUR") == value }

    @Test
    fun `an app in the background has no connection, and sees a change in the foreground`() {
        lifecycle.started(SCREEN)
        lifecycle.stopped(SCREEN, false)
        time.pass(999)
        assertEquals("streaming", client.statusNow().connection)
        time.pass(1)
        stream.awaitEnd()
        time.pass(HOUR)
        assertEquals("red", client.string("COLOUR"))
        assertEquals(1, server.connectionCount)
        lifecycle.started(SCREEN)
        server.next().stream("orange")
        awaitColour("orange")
    }

    /** No event came since the process began, for example for a push. */
    @Test
    fun `the first screen of a process that was frozen in the background leaves a silent connection at once`() {
        time.now += HOUR
        lifecycle.started(SCREEN)
        stream.awaitEnd()
        server.next().stream("orange")
        awaitColour("orange")
    }

    @Test
    fun `another network replaces the connection, and a closed lifecycle does not`() {
        lifecycle.networkAvailable(WIFI)
        lifecycle.started(SCREEN)
        lifecycle.networkLost(WIFI)
        lifecycle.networkAvailable(WIFI)
        stream.awaitEnd()
        val second = server.next().also { it.stream("orange") }
        awaitColour("orange")
        lifecycle.stopped(SCREEN, false)
        lifecycle.close()
        lifecycle.networkAvailable(MOBILE)
        time.pass(HOUR)
        second.send("event: feature\ndata: ${feature("crimson")}\n\n")
        awaitColour("crimson")
    }
}
