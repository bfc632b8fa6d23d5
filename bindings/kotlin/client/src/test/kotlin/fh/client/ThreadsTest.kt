package fh.client

import fh.client.http.LibraryThreads
import java.net.URLClassLoader
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

private val USER = InheritableThreadLocal<String>()

/** A thread of the library lives longer than the request of a program that starts it. */
class ThreadsTest {
    private val own = FeatureHub::class.java.classLoader

    /** Calls a function on a thread of the program with a user and a class loader of its own. */
    private fun inRequest(call: () -> Unit) {
        val request = Thread {
            USER.set("alice")
            call()
        }
        request.contextClassLoader = URLClassLoader(emptyArray())
        request.start()
        request.join()
    }

    @Test
    fun `a thread inherits nothing`() {
        val seen = LinkedBlockingQueue<List<Any?>>()
        inRequest {
            val thread = LibraryThreads.make("fh-test") {
                val self = Thread.currentThread()
                seen.add(listOf(USER.get(), self.contextClassLoader, self.name, self.isDaemon))
            }
            thread.start()
        }
        assertEquals(listOf(null, own, "fh-test", true), seen.poll(PATIENCE.seconds, TimeUnit.SECONDS))
    }

    /** Listeners that block make the library start threads, on those of Rust and on those of the program. */
    @Test
    fun `threads of the library have names and its class loader, and no thread-locals of a request`() {
        val (release, seen) = CountDownLatch(1) to LinkedBlockingQueue<Pair<Thread, String>>()
        val http = ScriptedHttp()
        lateinit var client: Client
        inRequest {
            client = FeatureHub.client("https://edge.example", KEY) {
                mode = FetchMode.ONCE
                transport = http
            }
            repeat(4) {
                client.readyAsync().thenRun { seen.add(Thread.currentThread() to USER.get().orEmpty()) }
                client.onStatus {
                    seen.add(Thread.currentThread() to USER.get().orEmpty())
                    release.await()
                }
            }
        }
        http.answer(feature("N", "NUMBER", "1"))
        repeat(8) {
            val (thread, user) = checkNotNull(seen.poll(PATIENCE.seconds, TimeUnit.SECONDS))
            assertEquals("" to "fh-listeners", user to thread.name)
        }
        val all = Thread.getAllStackTraces().keys
        assertTrue(all.any { it.name == "fh-client" }, all.toString())
        // Names such as "Thread-0" are those of attached threads without one.
        assertEquals(emptyList<Thread>(), all.filter { it.name.startsWith("Thread-") && it.stackTrace.isEmpty() && it.isAlive })
        assertEquals(emptyList<Thread>(), all.filter { it.name.startsWith("fh-") && it.contextClassLoader != own })
        release.countDown()
        client.close()
    }
}
