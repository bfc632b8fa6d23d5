package fh.client

import fh.client.internal.Platform
import java.io.File
import java.net.URLClassLoader
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import java.util.function.UnaryOperator
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

private val CLASS_PATH = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")

/** Returns the value of a feature that a client has got by its transport, and has told a listener; or the error of the client's start. */
class Reader : UnaryOperator<String> {
    private val clients = ArrayList<Client>()

    /** Starts a client whose feature has this value, or reads the feature of the client before if the value is empty. */
    override fun apply(value: String): String =
        try {
            if (value.isNotEmpty()) clients.add(polled(feature("COLOUR", "STRING", quoted(value))))
            clients.last().readyAsync().get(PATIENCE.seconds, TimeUnit.SECONDS)
            clients.last().string("COLOUR", "none")
        } catch (error: UnsatisfiedLinkError) {
            error.toString()
        }
}

/** Prints the answers of two starts of a client. */
fun main() {
    val reader = Reader()
    repeat(2) { println(reader.apply("red")) }
}

class LibraryTest {
    @TempDir
    lateinit var folder: Path

    private val loaded: ByteArray =
        LibraryTest::class.java.getResourceAsStream("/fh/native/${Platform.name()}/${System.mapLibraryName("fh_jni")}")!!.readBytes()

    private fun file(name: String, bytes: ByteArray): File = folder.resolve(name).toFile().apply { writeBytes(bytes) }

    /** Returns a reader with the package's classes of a class loader of its own, in which no library is loaded. It may have a library installed. */
    private fun reader(installed: File? = null): UnaryOperator<String> {
        val urls = CLASS_PATH.split(File.pathSeparator).map { File(it).toURI().toURL() }
        val loader = object : URLClassLoader(urls.toTypedArray(), ClassLoader.getSystemClassLoader().parent) {
            override fun findLibrary(name: String): String? = installed?.path?.takeIf { name == "fh_jni" }
        }
        @Suppress("UNCHECKED_CAST")
        return loader.loadClass("fh.client.Reader").getDeclaredConstructor().newInstance() as UnaryOperator<String>
    }

    private fun <R> with(properties: Map<String, String>, call: () -> R): R {
        val before = properties.mapValues { System.getProperty(it.key) }
        properties.forEach { (name, value) -> System.setProperty(name, value) }
        try {
            return call()
        } finally {
            before.forEach { (name, value) -> if (value == null) System.clearProperty(name) else System.setProperty(name, value) }
        }
    }

    /** Checks that each start of a client has the same error, with these texts. */
    private fun assertRefused(answers: List<String>, texts: List<String>) {
        assertEquals(answers.first(), answers.last())
        texts.forEach { assertTrue(it in answers.first(), "$it: ${answers.first()}") }
    }

    @Test
    fun `a library that cannot be loaded is the same error at each use, with the file, the cause and the setting`() {
        val absent = folder.resolve("absent")
        val short = file("short.so", loaded.copyOf(loaded.size - 1))
        val empty = file("empty.so", ByteArray(0))
        val version = javaClass.getResource("/fh/native/version")!!.readText().trim().removeSuffix("-SNAPSHOT")
        val other = "9" + version.drop(1)
        val older = file("older.so", String(loaded, Charsets.ISO_8859_1).replace(version, other).toByteArray(Charsets.ISO_8859_1))
        val foreign = file("foreign.so", File(System.getProperty("java.home"), "lib/${System.mapLibraryName("verify")}").readBytes())
        val twice = file("twice.so", loaded)
        assertEquals("red", with(mapOf("fh.client.library" to "$twice")) { reader().apply("red") })
        for ((setting, texts) in mapOf(
            ("fh.client.library" to "$absent") to listOf("$absent", "there is no such file"),
            ("fh.client.library" to "$folder") to listOf("$folder", "it is not a file"),
            ("fh.client.library" to "$short") to listOf("$short", "incomplete: it has ${loaded.size - 1} of ${loaded.size} bytes"),
            ("fh.client.library" to "$empty") to listOf("$empty", "it has 0 bytes, and is no library"),
            ("fh.client.library" to "$older") to listOf("$older", "has the version $other, and the package has the version $version"),
            ("fh.client.library" to "$foreign") to listOf("$foreign", "is not the native library of fh-client $version"),
            ("fh.client.library" to "$twice") to listOf("$twice", "already loaded in another classloader"),
            ("os.name" to "Plan 9") to listOf("plan 9-", "fh/native/plan 9-"),
            ("java.io.tmpdir" to "$absent") to listOf("$absent", "NoSuchFileException", "-Djava.io.tmpdir"),
        )) {
            val answers = with(mapOf(setting)) { reader().let { listOf(it.apply("red"), it.apply("red")) } }
            assertRefused(answers, texts + "-Dfh.client.library")
        }
    }

    @Test
    fun `a temporary folder on a file system that does not allow it is an error`() {
        val temporary = Files.createDirectory(folder.resolve("mounted"))
        val java = "${System.getProperty("java.home")}/bin/java -cp '$CLASS_PATH' -Djava.io.tmpdir=$temporary fh.client.LibraryTestKt"
        for ((option, texts) in mapOf(
            "noexec" to listOf("$temporary/fh-client-", "mounted with noexec"),
            "ro" to listOf("$temporary", "Read-only file system"),
        )) {
            // The mount ends with the process.
            val script = "mount -t tmpfs -o $option tmpfs $temporary || exit 99; exec $java"
            val child = ProcessBuilder("unshare", "--mount", "--map-root-user", "sh", "-c", script).redirectErrorStream(true).start()
            val printed = child.inputStream.bufferedReader().readText()
            val status = child.waitFor()
            assumeTrue(status != 99, "this machine does not allow mounts: $printed")
            assertEquals(0, status, printed)
            // Java 24 and later warn of the first native library.
            val answers = printed.trim().lines().filter { it.isNotEmpty() && !it.startsWith("WARNING: ") }
            assertEquals(2, answers.size, printed)
            assertRefused(answers, texts + listOf("-Djava.io.tmpdir", "-Dfh.client.library"))
        }
    }

    @Test
    fun `class loaders load copies of their own, which leave nothing in the temporary folder`() {
        with(mapOf("java.io.tmpdir" to "$folder")) {
            val (first, second) = listOf(reader(), reader())
            assertEquals("blue", first.apply("blue"))
            assertEquals("green", second.apply("green"))
            assertEquals("blue", first.apply(""))
        }
        assertEquals(emptyList<String>(), folder.toFile().list().orEmpty().toList())
    }

    /** Android lets no app write code, so the folder for temporary files is of no use there. */
    @Test
    fun `on Android, the library is the one that was installed with the app`() {
        with(mapOf("java.vm.name" to "Dalvik", "java.io.tmpdir" to "${folder.resolve("absent")}")) {
            assertEquals("red", reader(file("installed.so", loaded)).apply("red"))
            val reader = reader()
            assertRefused(listOf(reader.apply("red"), reader.apply("red")), listOf("no fh_jni in", "fh-client-android", "arm64-v8a"))
            val foreign = File(System.getProperty("java.home"), "lib/${System.mapLibraryName("verify")}").readBytes()
            val other = reader(file("installed-other.so", foreign))
            assertRefused(listOf(other.apply("red"), other.apply("red")), listOf("the library of the app is not the native library of fh-client"))
        }
    }

    @Test
    fun `the library of a process with musl is another one`() {
        val maps = "7f786dbe0000-7f786dbf5000 r--p 00000000 fe:00 3433"
        for ((path, isMusl) in mapOf(
            "/usr/lib/x86_64-linux-gnu/libc.so.6" to false,
            "/usr/lib64/libc-2.17.so" to false,
            "/lib/ld-musl-x86_64.so.1" to true,
            "/usr/lib/x86_64-linux-musl/libc.so" to true,
            "/lib/ld-musl-x86_64.so.1 (deleted)" to true,
        )) {
            assertEquals(isMusl, Platform.isMusl(file("maps", "$maps [heap]\n$maps $path\n".toByteArray())), path)
        }
        assertFalse(Platform.isMusl(folder.resolve("absent").toFile()))
    }
}
