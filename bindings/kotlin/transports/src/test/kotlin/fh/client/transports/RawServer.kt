package fh.client.transports

import java.io.IOException
import java.io.InputStream
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

const val PATIENCE_SECONDS = 60L

/** A server on a socket of this machine, which a test answers byte by byte. It sends the greeting to each connection at once. */
class RawServer(private val greeting: String = "") : AutoCloseable {
    private val listener = ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))
    private val sockets = ConcurrentLinkedQueue<Socket>()
    private val requests = LinkedBlockingQueue<RawRequest>()
    private val received = AtomicInteger()
    private val connections = AtomicInteger()

    val port: Int = listener.localPort
    val url: String = "http://127.0.0.1:$port"

    /** The number of requests so far. */
    val count: Int get() = received.get()

    /** The number of connections so far. */
    val connectionCount: Int get() = connections.get()

    init {
        inBackground { while (true) listener.accept().let { inBackground { serve(it) } } }
    }

    /** Waits for the next request. */
    fun next(): RawRequest =
        requests.poll(PATIENCE_SECONDS, TimeUnit.SECONDS) ?: throw AssertionError("no request came")

    override fun close() {
        listener.close()
        sockets.forEach { it.close() }
    }

    private fun serve(socket: Socket) {
        sockets.add(socket)
        connections.incrementAndGet()
        socket.getOutputStream().write(greeting.toByteArray())
        val end = CountDownLatch(1)
        try {
            while (true) {
                val head = readHead(socket.getInputStream()) ?: return
                received.incrementAndGet()
                requests.add(RawRequest(head, socket, end))
            }
        } finally {
            end.countDown()
        }
    }

    private fun readHead(input: InputStream): List<String>? {
        val bytes = ArrayList<Byte>()
        while (true) {
            val byte = input.read()
            if (byte < 0) return null
            bytes.add(byte.toByte())
            val text = if (byte == '\n'.code) String(bytes.toByteArray(), Charsets.UTF_8) else ""
            if (text.endsWith("\r\n\r\n")) return text.trim().split("\r\n")
        }
    }

    private fun inBackground(task: () -> Unit) {
        thread(isDaemon = true) {
            try {
                task()
            } catch (_: IOException) {
            }
        }
    }
}

/** A request, and the connection on which the test answers it. */
class RawRequest(private val head: List<String>, private val socket: Socket, private val end: CountDownLatch) {
    val line: String get() = head.first()

    fun header(name: String): String? =
        head.firstOrNull { it.startsWith("$name:", ignoreCase = true) }?.substringAfter(':')?.trim()

    fun send(bytes: ByteArray) {
        socket.getOutputStream().write(bytes)
        socket.getOutputStream().flush()
    }

    fun send(text: String): Unit = send(text.toByteArray())

    /** Sends a complete response. The names of the headers are their texts before the colon. */
    fun answer(status: Int, vararg headers: String, body: ByteArray = ByteArray(0)) {
        val lines = listOf("HTTP/1.1 $status Status", *headers, "Content-Length: ${body.size}")
        send(lines.joinToString("\r\n", postfix = "\r\n\r\n").toByteArray() + body)
    }

    /** Closes the connection. */
    fun hangUp(): Unit = socket.close()

    /** Waits until the client has closed the connection. */
    fun awaitEnd() {
        if (!end.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) throw AssertionError("the connection is still open: $line")
    }
}
