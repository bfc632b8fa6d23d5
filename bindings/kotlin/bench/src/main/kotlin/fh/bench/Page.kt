package fh.bench

private val COLUMNS = listOf("w1", "w2", "w3", "w4", "c1")

/** Returns the tables of the page. */
internal fun page(figures: Figures, starts: Starts, goals: List<Goal>, compared: List<String>): String =
    buildString {
        appendLine("## Goals\n\n| | goal | figure | |\n|---|---|---|---|")
        goals.forEach { appendLine("| ${it.text} | ${it.wanted} | ${it.figure} | ${if (it.isMet) "met" else "missed"} |") }
        appendLine("\n## Reads\n\nThe nanoseconds of one call, and in brackets the allocated bytes.\n")
        appendLine("| | ${COLUMNS.joinToString(" | ") { TITLES.getValue(it) }} |\n|---|${"---:|".repeat(COLUMNS.size)}")
        for (engine in Engine.names) {
            val cells = COLUMNS.joinToString(" | ") { figures.cell(Row(it, engine)) }
            appendLine("| ${if (engine.startsWith("configcat")) "$engine (W4suf)" else engine} | $cells |")
        }
        appendLine("\n## Beside Rust\n\nThe nanoseconds of one call.\n")
        appendLine("| | fh-client | Rust | above Rust | two threads |\n|---|---:|---:|---:|---:|")
        for ((workload, title) in TITLES) {
            val (time, rust) = figures.time(Row(workload)) to figures.rust(title)
            val two = if (workload == "w1" || workload == "w2") "%.1f".format(figures.time(Row(workload, threads = 2))) else ""
            appendLine("| $title | %.1f | %.1f | %.1f | $two |".format(time, rust, time - rust))
        }
        appendLine("\nA read of a string allocates %.0f bytes.".format(figures.allocated(Row("string"))))
        appendLine("\n## Starts\n\n| with a file of 1,000 features, if not said otherwise | |\n|---|---:|")
        appendLine("| the first client of a process | %.1f ms |\n| a later client | %.2f ms |".format(starts.first, starts.later))
        appendLine("| the call `client` with a file of 1 MB | %.1f ms |".format(starts.largeFile))
        appendLine("\n## Compared answers\n")
        compared.forEach { appendLine("- $it") }
    }

private fun Figures.cell(row: Row): String {
    val time = time(row)
    val shown = if (time < 1_000) "%.1f".format(time) else "%,.0f".format(time)
    return "$shown (%,.0f)".format(allocated(row))
}
