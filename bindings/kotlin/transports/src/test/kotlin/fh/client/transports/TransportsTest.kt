package fh.client.transports

import fh.client.Client
import fh.client.FetchMode
import fh.client.Limits
import java.io.ByteArrayOutputStream
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.net.Socket
import java.net.SocketTimeoutException
import java.time.Duration
import java.util.concurrent.TimeUnit
import java.util.zip.GZIPOutputStream
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedClass
import org.junit.jupiter.params.provider.EnumSource

/** The rules of a transport, over each HTTP stack, against sockets. */
@ParameterizedClass
@EnumSource(Stack::class)
class TransportsTest(private val stack: Stack) {
    private val server = RawServer()

    @AfterEach
    fun closeServer() = server.close()

    /** Returns the problem of a client without features. Its text never contains the key. */
    private fun Client.awaitProblem(): String {
        await("a problem") { statusNow().problem != null }
        val status = statusNow()
        return "problem=${status.problem}, message=${status.message}".also { assertFalse("secret-part" in it, it) }
    }

    @Test
    fun `an event of a stream arrives at once, whatever the form of the body`() {
        val packed = ByteArrayOutputStream()
        val gzip = GZIPOutputStream(packed, 512, true)
        val pack = { bytes: ByteArray ->
            gzip.write(bytes)
            gzip.flush()
            packed.toByteArray().also { packed.reset() }
        }
        val forms = mapOf<String, (ByteArray) -> ByteArray>("x-form: plain" to { it }, "content-encoding: GZIP" to pack)
        for ((header, form) in forms) {
            stack.client(server.url, FetchMode.STREAMING).use { client ->
                val request = server.next()
                assertEquals("identity", request.header("accept-encoding"))
                request.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n$header\r\n\r\n")
                request.send(form("event: features\ndata: [${feature("red")}]\n\n".toByteArray()))
                client.waitReady(PATIENCE)
                for (value in listOf("orange", "turquoise")) {
                    request.send(form("event: feature\ndata: ${feature(value)}\n\n".toByteArray()))
                    await("$value, $header") { client.string("COLOUR") == value }
                }
                client.close()
                request.awaitEnd()
            }
        }
    }

    @Test
    fun `each call sends exactly one request`() {
        val other = RawServer()
        val answers = mapOf<String, RawRequest.() -> Unit>(
            "a redirect" to { answer(302, "location: ${other.url}/") },
            "a login" to { answer(401, "www-authenticate: Basic realm=\"x\"") },
            "a timeout" to { answer(408, "connection: close") },
            "an immediate retry" to { answer(503, "retry-after: 0") },
            "a delay that no Int can hold" to { answer(503, "retry-after: 99999999999999") },
            "an end without response" to { hangUp() },
            "an end within the head" to { send("HTTP/1.1 200 OK\r\n"); hangUp() },
            "an end within the body" to { send("HTTP/1.1 200 OK\r\n$JSON\r\ncontent-length: 9\r\n\r\n[{"); hangUp() },
            "an end within gzip" to { answer(200, JSON, "content-encoding: gzip", body = byteArrayOf(31, -117, 8)) },
            "a response that is not HTTP" to { send("220 mail ready\r\n\r\n"); hangUp() },
        )
        for ((number, entry) in answers.entries.withIndex()) {
            stack.client(server.url, FetchMode.ONCE).use { client ->
                entry.value(server.next())
                client.awaitProblem()
                assertEquals(number + 1, server.count, entry.key)
            }
        }
        assertEquals(0, other.count)
        other.close()
    }

    @Test
    fun `responses leave neither cookies nor a cache behind`() {
        stack.client(server.url, FetchMode.POLLING) { interval = Duration.ofMillis(1) }.use { client ->
            val first = server.next()
            assertEquals("gzip" to null, first.header("accept-encoding") to first.header("upgrade"))
            first.answer(200, JSON, "set-cookie: a=b", "expires: Fri, 01 Jan 2100 00:00:00 GMT", body = poll("red"))
            val second = server.next()
            assertNull(second.header("cookie"))
            second.answer(200, JSON, "etag: \"1\"", body = poll("red"))
            val third = server.next()
            assertEquals("\"1\"", third.header("if-none-match"))
            // Some servers announce the compression of a body that this status does not have.
            third.send("HTTP/1.1 304 Not Modified\r\ncontent-encoding: gzip\r\n\r\n")
            val packed = ByteArrayOutputStream()
            GZIPOutputStream(packed).use { it.write(poll("blue")) }
            server.next().answer(200, JSON, "content-encoding: gzip", body = packed.toByteArray())
            server.next()
            assertEquals("blue", client.string("COLOUR"))
            assertNull(client.statusNow().problem)
        }
    }

    @Test
    fun `characters of headers are UTF-8, as far as the stack can send them`() {
        val settings = mapOf("x-team" to "Käse")
        stack.client(server.url, FetchMode.ONCE) { headers = settings }.use { client ->
            if (stack.isJdk) {
                assertTrue("headers in ASCII, and x-team has another character" in client.awaitProblem())
            } else {
                assertEquals("Käse", server.next().header("x-team"))
            }
        }
    }

    @Test
    fun `a tag of features that is not ASCII comes back, or is left out`() {
        stack.client(server.url, FetchMode.POLLING) { interval = Duration.ofMillis(1) }.use { client ->
            val tag = "HTTP/1.1 200 OK\r\n$JSON\r\nETag: \"ä".toByteArray() + byteArrayOf(-1) + "\"\r\n".toByteArray()
            server.next().send(tag + "Content-Length: ${poll("red").size}\r\n\r\n".toByteArray() + poll("red"))
            assertEquals(if (stack.isJdk) null else "\"ä\uFFFD\"", server.next().header("if-none-match"))
            assertEquals("red", client.string("COLOUR"))
        }
    }

    @Test
    fun `a body that cannot be inflated ends the connection`() {
        stack.client(server.url, FetchMode.STREAMING).use { client ->
            val request = server.next()
            request.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n\r\nno gzip at all")
            client.awaitProblem()
            request.awaitEnd()
        }
    }

    @Test
    fun `failures have a kind and a reason`() {
        val closed = ServerSocket(0, 1, InetAddress.getByName("127.0.0.1")).also { it.close() }
        val full = FullServer()
        val mail = RawServer(greeting = "220 mail ready\r\n")
        val unknown = if (stack.isJdk) "UnresolvedAddressException" else "UnknownHostException"
        val noConnection = "problem=unreachable, message=the Edge cannot be reached: no connection could be opened"
        val failures = listOf(
            "http://127.0.0.1:${closed.localPort}" to "$noConnection: ConnectException",
            "http://unknown.invalid" to "$noConnection: $unknown",
            "http://under_score.invalid" to if (stack.isJdk) "its host must have no underscore" else "$noConnection: $unknown",
            "https://127.0.0.1:${mail.port}" to "problem=tls, message=the TLS handshake with the Edge failed: SSL",
            "https://127.0.0.1:${mail.port}" to "the Edge answers without TLS at this port: write http:// in the URL",
            full.url to "problem=timed_out, message=connecting to the Edge timed out",
        )
        for ((url, expected) in failures) {
            // The time limit of java.net.http includes the handshake of TLS, and is that of the program's client.
            val connect = if (url == full.url) SOON else PATIENCE
            if (url == full.url && stack == Stack.JDK_OF_PROGRAM) continue
            val given = Limits().also { it.connect = connect }
            stack.client(url, FetchMode.ONCE) { limits = given }.use { client ->
                val problem = client.awaitProblem()
                assertTrue(expected in problem, "$expected: $problem")
            }
        }
        full.close()
        mail.close()
    }

    @Test
    fun `twenty streams share a transport`() {
        val http = stack.transport()
        val clients = List(20) { stack.client(server.url, FetchMode.STREAMING, http) }
        val requests = clients.map { server.next() }
        for (request in requests) {
            request.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: features\ndata: [${feature("red")}]\n\n")
        }
        clients.forEach { it.waitReady(PATIENCE) }
        clients.forEach { it.close() }
        requests.forEach { it.awaitEnd() }
    }

    @Test
    fun `a program with an open stream ends when its main function returns, without a warning`() {
        val program = startOpenStream(server.url, stack)
        try {
            val stream = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: features\ndata: [${feature("red")}]\n\n"
            server.next().send(stream)
            assertTrue(program.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "the program still runs")
            assertEquals("red", program.inputStream.bufferedReader().readText().trim())
        } finally {
            program.destroyForcibly()
        }
    }
}

private const val JSON = "content-type: application/json"

/** A server that accepts no connection, because others wait for it already. */
private class FullServer : AutoCloseable {
    private val listener = ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))
    private val waiting = ArrayList<Socket>()
    val url = "http://127.0.0.1:${listener.localPort}"

    init {
        try {
            repeat(100) {
                waiting.add(Socket())
                waiting.last().connect(InetSocketAddress("127.0.0.1", listener.localPort), SOON.toMillis().toInt())
            }
        } catch (_: SocketTimeoutException) {
        }
    }

    override fun close() {
        waiting.forEach { it.close() }
        listener.close()
    }
}
