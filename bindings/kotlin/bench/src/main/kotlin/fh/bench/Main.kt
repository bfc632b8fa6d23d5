package fh.bench

import java.io.File
import kotlin.system.exitProcess

private const val USAGE = "fh.bench.MainKt LIBRARY RUST [--quick | --markdown FILE]"

/**
 * Measures the package beside published SDKs, and prints the tables. `LIBRARY` is the file of the native library, and `RUST` the program
 * that measures the client in Rust.
 */
public fun main(arguments: Array<String>) {
    require(arguments.size >= 2) { USAGE }
    val (library, rust) = arguments
    val effort = if ("--quick" in arguments) Effort.QUICK else Effort.FULL
    val markdown = arguments.indexOf("--markdown").takeIf { it > 0 }?.let { File(arguments[it + 1]) }
    val every = if (effort == Effort.QUICK) 8 else 1
    val compared = Engine.names.map { name -> compareAnswers(name, Engine.of(name), every).also(::progress) }
    val figures = measureReads(effort, rust)
    val starts = measureStarts(effort.starts)
    val tables = page(figures, starts, goals(figures, File(library)), compared)
    println(tables)
    markdown?.writeText(tables)
    // Threads of some of the SDKs would delay the end.
    exitProcess(0)
}
