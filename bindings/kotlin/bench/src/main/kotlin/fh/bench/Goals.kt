package fh.bench

import java.io.File

/** The largest times of reads, as multiples of those of the fastest SDK of others. */
private val MULTIPLES = listOf("w1" to 1.0, "w2" to 0.33, "w3" to 0.83, "w4" to 0.2, "c1" to 0.7)

/** The reads of a BOOLEAN feature, with the name of each in the figures of Rust. */
internal val BOOLEAN_READS =
    listOf("w1" to "W1", "w1InContext" to "W1 in a context", "w2" to "W2", "w3" to "W3", "w4" to "W4re")

internal val TITLES: Map<String, String> = BOOLEAN_READS.toMap() + mapOf("c1" to "C1", "string" to "string")

private const val MOST_ABOVE_RUST = 20.0
private const val LEAST_OF_TWO_THREADS = 1.8
private const val MOST_OF_LIBRARY = 4.6
private const val GLIBC = 17

/** A goal, with its figure. */
internal class Goal(val text: String, val wanted: String, val figure: String, val isMet: Boolean)

/** Returns the goals of the package. */
internal fun goals(figures: Figures, library: File): List<Goal> =
    MULTIPLES.map { (workload, most) ->
        val (peer, time) = figures.fastestPeer(workload)
        val ratio = figures.time(Row(workload)) / time
        Goal("${TITLES[workload]} ÷ the fastest peer", "at most $most ×", "${"%.2f".format(ratio)} × ($peer)", ratio <= most)
    } + BOOLEAN_READS.map { (workload, inRust) ->
        val above = figures.time(Row(workload)) - figures.rust(inRust)
        Goal("$inRust, above Rust", "at most ${MOST_ABOVE_RUST.toInt()} ns", "%.1f ns".format(above), above <= MOST_ABOVE_RUST)
    } + listOf("w1", "w2").map { workload ->
        val ratio = figures.threads(workload)
        val wanted = "at least $LEAST_OF_TWO_THREADS × one thread"
        Goal("${TITLES[workload]} on two threads", wanted, "%.2f ×".format(ratio), ratio >= LEAST_OF_TWO_THREADS)
    } + goalOfMemory(figures) + goalsOfLibrary(library)

/** Returns the reads per second of two threads, as a multiple of those of one. */
private fun Figures.threads(workload: String): Double = 2 * time(Row(workload)) / time(Row(workload, threads = 2))

private fun goalOfMemory(figures: Figures): Goal {
    // The profiler counts what JMH itself allocates in an iteration, which is far less than an object for each read.
    val most = BOOLEAN_READS.maxOf { (workload, _) -> figures.allocated(Row(workload)) }
    return Goal("a read of a BOOLEAN, most of all workloads", "0 bytes", "%.0f bytes".format(most), most < 0.5)
}

private fun goalsOfLibrary(library: File): List<Goal> {
    val size = library.length() / 1e6
    val glibc = Regex("GLIBC_2\\.(\\d+)").findAll(library.readText(Charsets.ISO_8859_1)).maxOfOrNull { it.groupValues[1].toInt() } ?: 0
    return listOf(
        Goal("native library", "at most $MOST_OF_LIBRARY MB", "%.2f MB".format(size), size <= MOST_OF_LIBRARY),
        Goal("native library, needed glibc", "at most 2.$GLIBC", "2.$glibc", glibc <= GLIBC),
    )
}
