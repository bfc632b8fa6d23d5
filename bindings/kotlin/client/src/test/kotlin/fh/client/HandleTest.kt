package fh.client

import fh.client.internal.Collected
import fh.client.internal.Handle
import fh.client.internal.Library
import fh.client.testing.MemoryEdge
import java.io.File
import java.lang.reflect.Modifier
import java.time.Instant
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import kotlin.concurrent.thread
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Objects of the native library exist while their numbers are in use, also if the program has forgotten the object of Java. */
class HandleTest {
    /** The program has few objects and a simple collector, so that a collection takes some milliseconds. */
    @Test
    fun `an object exists until its use has ended, and its number is forgotten after it`() {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val library = "-Dfh.client.library=" + System.getProperty("fh.client.library", "")
        // The first option compiles a method at its next call, and not some time later on a busy machine. With the second one the first compilation
        // is the last, so that the code of a method does not depend on the calls before it.
        val options = listOf("-Xbatch", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", library, "-cp", System.getProperty("java.class.path"))
        val program = ProcessBuilder(listOf(java) + options + ObjectsInUse::class.java.name)
            .redirectError(ProcessBuilder.Redirect.INHERIT).start()
        assertEquals("[]\n[]", program.inputStream.bufferedReader().readText().trim())
    }

    @Test
    fun `no number leaves its object but for a use`() {
        val open = Handle::class.java.declaredFields.filter { !Modifier.isPrivate(it.modifiers) && !Modifier.isStatic(it.modifiers) }
        assertTrue(open.isEmpty(), open.toString())
        // Kotlin cannot name synthetic methods.
        val methods = Handle::class.java.declaredMethods.filter { !Modifier.isPrivate(it.modifiers) && !it.isSynthetic }
        assertEquals(listOf("use"), methods.map { it.name })
        val sources = File(System.getProperty("basedir"), "src/main/kotlin").walk().filter { it.isFile && it.name != "Bridge.kt" }
        val calls = sources.flatMap { file -> file.readLines().filter { Regex("""Bridge\.(perform|begin|cancel|detach|forgetObject)\(""").containsMatchIn(it) } }
        val unsafe = calls.filter { !Regex("""use \{ number -> Bridge\.\w+\(number[,)]""").containsMatchIn(it) }.toList()
        assertEquals(emptyList<String>(), unsafe)
    }
}

/** Prints the numbers that are forgotten during their use, and the uses of objects that fail. */
internal object ObjectsInUse {
    private val inUse = AtomicLong()
    private val wrong = LinkedBlockingQueue<Long>()
    private val rule = """[{"key": "A", "type": "STRING", "value": "red"}]"""

    /** Each use makes its object, and refers to it no longer than the compiled code of the call does. */
    private val uses = mapOf<String, () -> Unit>(
        "perform" to { assertEquals("red", Ruleset.fromJson(rule).evaluate("A").value) },
        "begin" to { MemoryEdge().deliveredAsync().get(60, TimeUnit.SECONDS) },
        "a client of an Edge" to { MemoryEdge().client { mode = FetchMode.ONCE }.close() },
        "settings" to {
            val own: ClientSettings.() -> Unit = {
                mode = FetchMode.OFFLINE
                clock = Clock(Instant.EPOCH)
                interceptors = listOf(Interception(MemoryOverrides().also { it.set("A", "blue") }))
            }
            FeatureHub.client("https://edge.example", KEY, settings = own).use { assertEquals("blue", it.string("A")) }
        },
    )

    /** Uses objects on two threads, while a third one collects. */
    private fun useWhileCollecting(): Set<String> {
        val failures = LinkedBlockingQueue<String>()
        val isOver = AtomicBoolean()
        val collector = thread { while (!isOver.get()) System.gc() }
        for ((name, use) in uses) {
            val times = mapOf("perform" to 500, "begin" to 150)[name] ?: 40
            val threads = List(2) { thread { repeat(times) { runCatching(use).onFailure { failures.add("$name: $it") } } } }
            threads.forEach { it.join() }
        }
        isOver.set(true)
        collector.join()
        return failures.toSet()
    }

    private fun use(number: Long, collect: Boolean) {
        inUse.set(number)
        Handle(number) { if (it == inUse.get() && it > 0) wrong.add(it) }.use {
            if (collect) collect()
            inUse.set(0)
        }
    }

    /** Collects until what is unreachable at the call is freed: in the first turn it is found, and the second one comes after it. */
    private fun collect() = repeat(2) {
        val freed = CountDownLatch(1)
        Collected.after(Any()) { freed.countDown() }
        check((1..10_000).any { System.gc().let { freed.await(1, TimeUnit.MILLISECONDS) } }) { "nothing is collected" }
    }

    @JvmStatic
    fun main(arguments: Array<String>) {
        Library.ensureLoaded()
        Logs.to(LogLevel.OFF) { _, _ -> }
        // The compiled code of a method refers to an object up to the last use of it.
        repeat(30_000) { use(0, collect = false) }
        for (number in 1L..5) use(number, collect = true)
        println(wrong)
        println(useWhileCollecting())
    }
}
