package fh.bench

/** A measured row: a workload of an engine on a number of threads. */
internal data class Row(val workload: String, val engine: String = Engine.OURS, val threads: Int = 1)

/** The samples of all rounds. */
internal class Figures {
    private val times = mutableMapOf<Row, MutableList<Double>>()
    private val bytes = mutableMapOf<Row, MutableList<Double>>()
    private val rust = mutableMapOf<String, MutableList<Double>>()

    fun add(row: Row, nanoseconds: List<Double>, allocated: Double) {
        times.getOrPut(row, ::mutableListOf) += nanoseconds
        bytes.getOrPut(row, ::mutableListOf) += allocated
    }

    fun addRust(workload: String, nanoseconds: Double) {
        rust.getOrPut(workload, ::mutableListOf) += nanoseconds
    }

    /** Returns the nanoseconds of a call. A tenth of the samples is lower: other programs on the machine only add time. */
    fun time(row: Row): Double = times.getValue(row).share(0.1)

    /** Returns the bytes that a call allocates. */
    fun allocated(row: Row): Double = bytes.getValue(row).share(0.5)

    /** Returns the nanoseconds of a call of the Rust client: the median of the rounds. Each round follows the rule of [time]. */
    fun rust(workload: String): Double = rust.getValue(workload).share(0.5)

    /** Returns the fastest SDK of others, and its time. */
    fun fastestPeer(workload: String): Pair<String, Double> =
        Engine.names.filter { it != Engine.OURS }.map { it to time(Row(workload, it)) }.minBy { it.second }
}

/** Returns the value below which a share of the values lies. */
internal fun List<Double>.share(share: Double): Double = sorted()[(share * (size - 1)).toInt()]
