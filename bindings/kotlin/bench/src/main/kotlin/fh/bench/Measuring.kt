package fh.bench

import com.fasterxml.jackson.databind.ObjectMapper
import org.openjdk.jmh.profile.GCProfiler
import org.openjdk.jmh.results.RunResult
import org.openjdk.jmh.runner.Runner
import org.openjdk.jmh.runner.options.OptionsBuilder
import org.openjdk.jmh.runner.options.TimeValue
import org.openjdk.jmh.runner.options.VerboseMode

/** The length of a measurement. Each round measures each row in a process of its own. */
internal enum class Effort(val rounds: Int, val iterations: Int, val starts: Int) {
    QUICK(rounds = 1, iterations = 20, starts = 3),
    FULL(rounds = 5, iterations = 40, starts = 11),
}

private const val WARMUPS = 4
private val WARMUP: TimeValue = TimeValue.milliseconds(250)

/** Short enough for many iterations that no other program interrupts. */
private val ITERATION: TimeValue = TimeValue.milliseconds(50)

/** Measures all rows in rounds, each beside the Rust client. */
internal fun measureReads(effort: Effort, rust: String): Figures {
    val figures = Figures()
    repeat(effort.rounds) { round ->
        rustReads(effort, rust).forEach { (workload, time) -> figures.addRust(workload, time) }
        figures.run(effort, "ReadBench", threads = 1) { param("engine", *Engine.names.toTypedArray()) }
        figures.run(effort, "ReadBench.w[12]$", threads = 2)
        figures.run(effort, "StringBench", threads = 1)
        progress("round ${round + 1} of ${effort.rounds}")
    }
    return figures
}

private fun Figures.run(effort: Effort, benches: String, threads: Int, further: OptionsBuilder.() -> Unit = {}) {
    val options =
        OptionsBuilder().apply {
            include(benches)
            forks(1)
            threads(threads)
            warmupIterations(WARMUPS)
            warmupTime(WARMUP)
            measurementIterations(effort.iterations)
            measurementTime(ITERATION)
            addProfiler(GCProfiler::class.java)
            shouldFailOnError(true)
            verbosity(VerboseMode.SILENT)
            further()
        }
    Runner(options.build()).run().forEach { add(it) }
}

private fun Figures.add(result: RunResult) {
    val parameters = result.params
    val engine = parameters.getParam("engine") ?: Engine.OURS
    val row = Row(parameters.benchmark.substringAfterLast('.'), engine, parameters.threads)
    val iterations = result.benchmarkResults.flatMap { it.iterationResults }
    val allocated = result.secondaryResults.getValue("gc.alloc.rate.norm").score
    add(row, iterations.map { it.primaryResult.score }, allocated)
}

/** Returns the times of the Rust client by workload. */
private fun rustReads(effort: Effort, program: String): Map<String, Double> {
    val rounds = if (effort == Effort.QUICK) 10 else 60
    val process = ProcessBuilder(program, "--rounds", rounds.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    val text = process.inputStream.readAllBytes().decodeToString()
    check(process.waitFor() == 0) { "$program failed" }
    return ObjectMapper().readTree(text).properties().associate { (name, time) -> name to time.doubleValue() }
}

internal fun progress(text: String): Unit = System.err.println(text)
