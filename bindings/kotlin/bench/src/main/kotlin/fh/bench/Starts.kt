package fh.bench

import fh.client.FeatureHub
import fh.client.FetchMode
import java.io.File
import java.lang.management.ManagementFactory
import java.security.MessageDigest

private const val API_KEY = "bench/bench*key"
private const val REPETITIONS = 200
private const val LARGE = 1_000_000

/** The times from the start of a client to its first value, with a snapshot file of 1,000 features, in milliseconds. */
internal class Starts(
    /** The first client of a process, with the time until classes and the native library are loaded. */
    val first: Double,
    /** A later client. */
    val later: Double,
    /** The call that creates a later client with a file of 1 MB, which it reads before it returns. */
    val largeFile: Double,
)

/** Prints the times of the first client, of the later ones, and of those with a large file: `fh.bench.StartsKt SNAPSHOT LARGE`. */
public fun main(arguments: Array<String>) {
    val (snapshot, large) = arguments
    val key = Payloads.key("W1")
    // The workload has been read, so that the client alone is measured.
    val times = List(REPETITIONS + 1) { start(snapshot, key) }
    val calls = List(REPETITIONS) { start(large, key, withRead = false) }
    println("${times.first()} ${times.drop(1).share(0.5)} ${calls.share(0.5)}")
}

/** Starts a client, reads a value, and returns the time in milliseconds, or only that of the start. */
private fun start(snapshot: String, key: String, withRead: Boolean = true): Double {
    val begin = System.nanoTime()
    val client =
        FeatureHub.client("http://127.0.0.1:9", API_KEY) {
            mode = FetchMode.OFFLINE
            snapshotFile = snapshot
        }
    val created = System.nanoTime()
    val value = client.boolean(key)
    val end = if (withRead) System.nanoTime() else created
    client.close()
    check(value == (Payloads.answers.getValue(key)[0] == '1')) { "the first read of $key is $value" }
    return (end - begin) / 1e6
}

/** Measures starts in this many processes. */
internal fun measureStarts(processes: Int): Starts {
    val features = Payloads.file("regex-featurehub.json").readText()
    val files = listOf(features, enlarged(features)).map { text ->
        File.createTempFile("snapshot", ".json").apply {
            deleteOnExit()
            writeText(snapshot(text))
        }
    }
    val java = File(System.getProperty("java.home"), "bin/java").path
    // The processes have the properties of this one.
    val command = listOf(java, "-cp", System.getProperty("java.class.path")) + ManagementFactory.getRuntimeMXBean().inputArguments
    val times =
        List(processes) {
            val builder = ProcessBuilder(command + listOf("fh.bench.StartsKt") + files.map { it.path })
            val process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start()
            val text = process.inputStream.readAllBytes().decodeToString()
            check(process.waitFor() == 0) { "a start failed" }
            text.trim().split(' ').map { it.toDouble() }
        }
    val (first, later, largeFile) = List(3) { at -> times.map { it[at] }.share(0.5) }
    return Starts(first, later, largeFile)
}

/** Returns these features with copies of them, as many as 1 MB has. */
private fun enlarged(features: String): String {
    val items = features.trim().removeSurrounding("[", "]")
    val copies = (1..LARGE / items.length).map { copy -> items.replace("\"key\":\"", "\"key\":\"copy$copy.").replace("\"id\":\"", "\"id\":\"$copy.") }
    val all = (listOf(items) + copies).joinToString(",").take(LARGE)
    return "[" + all.substring(0, all.lastIndexOf(",{\"id\":")) + "]"
}

/** Returns a snapshot file with these features, in the form of `docs/reference/snapshot.md`. */
private fun snapshot(features: String): String {
    val keys = MessageDigest.getInstance("SHA-256").digest(API_KEY.toByteArray()).joinToString("") { "%02x".format(it) }
    return """{"format":"featurehub-snapshot/1","savedAt":"2026-11-21T08:30:00.000Z","kind":"client-evaluated","keys":"$keys",""" +
        """"context":"0","environments":[{"id":"bench","features":$features}]}"""
}
