package fh.client.transports

import fh.client.AppLifecycle
import fh.client.Backoff
import fh.client.Client
import fh.client.ClientSettings
import fh.client.FetchMode
import java.util.PriorityQueue
import java.util.concurrent.atomic.AtomicInteger
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.parallel.Execution
import org.junit.jupiter.api.parallel.ExecutionMode

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
@Execution(ExecutionMode.CONCURRENT)
class AppLifecycleTest {
    private val servers = listOf(Stack.JDK, Stack.OKHTTP).associateWith { RawServer() }

    @AfterEach
    fun closeServers() = servers.values.forEach { it.close() }

    private fun RawRequest.stream(value: String) {
        send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: features\ndata: [${feature(value)}]\n\n")
    }

    private fun RawRequest.answerByKind(value: String) =
        if (header("accept") == "text/event-stream") stream(value) else answer(200, "content-type: application/json", body = poll(value))

    /** An app in the foreground, whose client has the features of its stream. */
    private inner class App(stack: Stack, val server: RawServer, isVisible: Boolean, settings: ClientSettings.() -> Unit) {
        // The pace is the client's own.
        val client: Client = stack.client(server.url, FetchMode.STREAMING) {
            pace = null
            settings()
        }
        val stream = server.next().also { it.stream("red") }
        val time = FakeTime()
        val lifecycle = time.lifecycle(client)

        init {
            client.waitReady(PATIENCE)
            if (isVisible) {
                lifecycle.networkAvailable(WIFI)
                lifecycle.started(SCREEN)
            }
        }

        fun leave() {
            lifecycle.stopped(SCREEN, false)
            time.pass(1_000)
            stream.awaitEnd()
        }
    }

    private fun apps(isVisible: Boolean = true, settings: ClientSettings.() -> Unit = {}) =
        servers.map { (stack, server) -> App(stack, server, isVisible, settings) }

    private fun closing(apps: List<App>, test: (App) -> Unit) {
        apps.forEach(test)
        apps.forEach { it.client.close() }
    }

    /** The servers see no connection, and so no byte, for 5 seconds after the last connection has ended. */
    @Test
    fun `an app in the background sends no byte for 5 seconds, and sees a change in the foreground`() {
        val apps = apps()
        apps.forEach { it.leave() }
        apps.forEach { it.time.pass(HOUR) }
        val (first, second) = apps.map { it.server }
        assertTrue(first.isQuietFor(5) && second.isQuietFor(0))
        assertEquals(listOf(1, 1), apps.map { it.server.connectionCount })
        closing(apps) { app ->
            assertEquals("red", app.client.string("COLOUR"))
            app.lifecycle.started(SCREEN)
            app.server.next().stream("orange")
            await("the change") { app.client.string("COLOUR") == "orange" }
        }
    }

    @Test
    fun `the return does not wait for the delay of a failure`() =
        closing(apps { backoff = Backoff(NEVER, NEVER, 0.0) }) { app ->
            app.stream.hangUp()
            app.server.next().answer(503)
            await("the failure") { app.client.statusNow().problem != null }
            app.lifecycle.stopped(SCREEN, false)
            app.time.pass(HOUR)
            app.lifecycle.started(SCREEN)
            app.server.next().stream("orange")
            await("the change") { app.client.string("COLOUR") == "orange" }
        }

    /** The process was frozen: nothing suspended the client, and the stream of before seems open. */
    @Test
    fun `a return leaves a silent connection at once`() =
        closing(apps()) { app ->
            app.lifecycle.stopped(SCREEN, false)
            app.time.now += HOUR
            app.lifecycle.started(SCREEN)
            app.stream.awaitEnd()
            app.server.next().stream("orange")
            await("the change") { app.client.string("COLOUR") == "orange" }
        }

    /** No event came since the process began, for example for a push. */
    @Test
    fun `the first screen of a process that was frozen in the background leaves a silent connection at once`() =
        closing(apps(isVisible = false)) { app ->
            app.time.now += HOUR
            app.lifecycle.started(SCREEN)
            app.stream.awaitEnd()
            app.server.next().stream("orange")
            await("the change") { app.client.string("COLOUR") == "orange" }
        }

    @Test
    fun `another network replaces the connection, and a closed lifecycle does not`() =
        closing(apps()) { app ->
            app.lifecycle.networkLost(WIFI)
            app.lifecycle.networkAvailable(WIFI)
            app.stream.awaitEnd()
            val second = app.server.next().also { it.stream("orange") }
            await("the change") { app.client.string("COLOUR") == "orange" }
            app.lifecycle.close()
            app.lifecycle.networkAvailable(MOBILE)
            app.lifecycle.stopped(SCREEN, false)
            app.time.pass(HOUR)
            second.send("event: feature\ndata: ${feature("crimson")}\n\n")
            await("the change on the same stream") { app.client.string("COLOUR") == "crimson" }
        }

    @Test
    fun `1,000 flaps in a second make at most two requests a second`() =
        closing(apps()) { app ->
            repeat(250) {
                app.lifecycle.networkAvailable(MOBILE)
                app.lifecycle.stopped(SCREEN, false)
                app.time.pass(2)
                app.lifecycle.networkAvailable(WIFI)
                app.lifecycle.started(SCREEN)
                app.time.pass(2)
            }
            app.time.pass(1_000)
            app.stream.awaitEnd()
            while (app.client.string("COLOUR") != "orange" || app.client.statusNow().connection != "streaming") {
                // A request that the next reconnection has given up needs no answer.
                app.server.poll()?.let { runCatching { it.answerByKind("orange") } }
            }
            assertTrue(app.server.count <= 1 + 2 * 2, "${app.server.count} requests")
        }

    @Test
    fun `a return without a change calls no listener, and one with a change calls it once`() =
        closing(apps()) { app ->
            val calls = AtomicInteger()
            app.client.onChange("COLOUR") { calls.incrementAndGet() }
            app.client.onNewState { calls.incrementAndGet() }
            for ((value, expected) in listOf("red" to 0, "orange" to 2)) {
                app.lifecycle.stopped(SCREEN, false)
                app.time.pass(HOUR)
                app.lifecycle.started(SCREEN)
                app.server.next().stream(value)
                app.client.refreshAsync().get()
                assertTrue(app.client.flush(PATIENCE))
                assertEquals(expected, calls.get(), value)
            }
        }
}
