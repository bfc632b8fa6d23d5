package fh.client.transports

import fh.client.Client
import fh.client.FetchMode
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Clients that are suspended and resumed, as those of an app that goes to the background, over both HTTP stacks. */
class SuspensionTest {
    private val servers = listOf(Stack.JDK, Stack.OKHTTP).associateWith { RawServer() }

    @AfterEach
    fun closeServers() = servers.values.forEach { it.close() }

    private fun RawRequest.stream(value: String) {
        send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: features\ndata: [${feature(value)}]\n\n")
    }

    /** Returns a client that has the features of its stream, and the request of the stream. */
    private fun streaming(stack: Stack, server: RawServer): Pair<Client, RawRequest> {
        // The pace is the client's own.
        val client = stack.client(server.url, FetchMode.STREAMING) { pace = null }
        val request = server.next().also { it.stream("red") }
        client.waitReady(PATIENCE)
        return client to request
    }

    @Test
    fun `clients that are suspended send no byte for 5 seconds, and see a change after they are resumed`() {
        val clients = servers.map { (stack, server) -> streaming(stack, server) }
        for ((client, request) in clients) {
            client.suspend()
            request.awaitEnd()
            assertEquals("red", client.string("COLOUR"))
        }
        val (first, second) = servers.values.toList()
        assertTrue(first.isQuietFor(5) && second.isQuietFor(0))
        for ((server, pair) in servers.values.zip(clients)) {
            val client = pair.first
            client.resume()
            val refreshed = client.refreshAsync()
            server.next().stream("orange")
            refreshed.get()
            assertEquals("orange", client.string("COLOUR"))
            client.close()
        }
    }

    @Test
    fun `1,000 flaps make at most two requests a second`() {
        for ((stack, server) in servers) {
            val (client, _) = streaming(stack, server)
            val begin = System.nanoTime()
            repeat(1000) {
                client.suspend()
                client.resume()
            }
            server.next().stream("orange")
            await("the stream after the flaps") { client.string("COLOUR") == "orange" }
            val seconds = (System.nanoTime() - begin) / 1_000_000_000
            assertTrue(server.count <= 2 * (seconds + 1), "${server.count} requests in $seconds s")
            client.close()
        }
    }
}
