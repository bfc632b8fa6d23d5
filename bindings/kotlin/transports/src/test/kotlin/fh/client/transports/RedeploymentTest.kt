package fh.client.transports

import com.sun.net.httpserver.HttpServer
import fh.client.Client
import fh.client.FeatureHub
import fh.client.FetchMode
import fh.client.LogLevel
import fh.client.Logs
import java.io.File
import java.lang.ref.WeakReference
import java.net.InetSocketAddress
import java.net.URLClassLoader
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.FutureTask
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** A program in a server that loads each program with a class loader of its own. The program has its client in a static field. */
object Deployed {
    private lateinit var client: Client

    @JvmStatic
    fun start(url: String) {
        Logs.to(LogLevel.TRACE) { _, _ -> }
        client = FeatureHub.client(url, "environment/key*") {
            mode = FetchMode.POLLING
            interval = Duration.ofMillis(20)
            pace = Duration.ZERO
        }
        client.onReadiness { client.status.value }
        client.intercept({ if (client.isReady) fh.client.Decision.CONTINUE else fh.client.Decision.CONTINUE })
        client.waitReady(PATIENCE)
    }

    @JvmStatic
    fun read(): String = client.context("userkey" to "mara").string("COLOUR", "none")

    @JvmStatic
    fun stop() {
        client.close()
        client.closedAsync().get(PATIENCE_SECONDS, TimeUnit.SECONDS)
    }
}

/** Starts a server that answers polls with a red colour. */
internal fun pollServer(): HttpServer {
    val server = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
    server.executor = Executors.newCachedThreadPool { Thread(it).apply { isDaemon = true } }
    server.createContext("/") { exchange ->
        val body = poll("red")
        exchange.responseHeaders["Content-Type"] = "application/json"
        exchange.sendResponseHeaders(200, body.size.toLong())
        exchange.responseBody.use { it.write(body) }
    }
    server.start()
    return server
}

/** A server unloads a program with the library, and loads it again. */
class RedeploymentTest {
    private val path = System.getProperty("java.class.path").split(File.pathSeparator).map { File(it).toURI().toURL() }

    /** Starts the program with a class loader of its own, stops it while threads of the server read, and returns the loader, which should be collected. */
    private fun redeployed(url: String): WeakReference<ClassLoader> {
        val loader = URLClassLoader(path.toTypedArray(), ClassLoader.getPlatformClassLoader())
        val program = loader.loadClass(Deployed::class.java.name)
        fun call(name: String, vararg arguments: Any): Any? =
            program.methods.first { it.name == name }.invoke(null, *arguments)
        // Linux unloads no library that a living thread has used.
        fun inOwnThread(name: String, vararg arguments: Any) = FutureTask { call(name, *arguments) }.also { thread { it.run() }.join() }.get()
        val (reads, isOver) = LinkedBlockingQueue<Any>() to AtomicBoolean()
        inOwnThread("start", url)
        val started = CountDownLatch(3)
        val readers = List(3) {
            thread(isDaemon = true) {
                while (!isOver.get()) {
                    reads.add(call("read")!!)
                    started.countDown()
                }
            }
        }
        started.await(PATIENCE_SECONDS, TimeUnit.SECONDS)
        inOwnThread("stop")
        isOver.set(true)
        readers.forEach { it.join() }
        assertEquals(setOf<Any>("red"), reads.toSet())
        // Tomcat warns of each thread that is left at this time.
        assertEquals(emptyList<String>(), Thread.getAllStackTraces().keys.filter { it.contextClassLoader == loader }.map { it.name })
        return WeakReference(loader)
    }

    @Test
    fun `ten deployments leave neither class loaders nor threads`() {
        val server = pollServer()
        val deployments = List(10) { redeployed("http://127.0.0.1:${server.address.port}") }
        server.stop(0)
        val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)
        fun left() = deployments.count { it.get() != null }
        // A thread of Java unmaps the library of a loader some time after the loader is collected. One library is that of this test.
        while ((left() > 0 || libraries() > 3) && System.nanoTime() < end) System.gc()
        assertEquals(0, left())
        assertTrue(libraries() <= 3, "${libraries()} libraries are mapped")
    }

    /** The number of native libraries in memory. */
    private fun libraries(): Int =
        File("/proc/self/maps").readLines().filter { "fh_jni" in it }.map { it.split(Regex(" +"))[4] }.distinct().size
}
