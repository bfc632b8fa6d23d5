package fh.client.transports

import org.junit.jupiter.api.Assertions.assertTrue

/** A test server of another system: a program whose path is in an environment variable, and that executes one command per line. */
class ProgramServer(variable: String) : AutoCloseable {
    private val process =
        ProcessBuilder(checkNotNull(System.getenv(variable)) { "$variable names no program" })
            .redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val answers = process.inputStream.bufferedReader()
    private val greeting: String = answers.readLine()

    /** Executes a command, and returns its answer. */
    fun tell(command: String): String {
        process.outputStream.write(command.toByteArray() + '\n'.code.toByte())
        process.outputStream.flush()
        return answers.readLine().also { assertTrue("\"ok\":true" in it, it) }
    }

    /** Returns the text with this name in the greeting. */
    operator fun get(name: String): String = checkNotNull(Regex("\"$name\":\"([^\"]*)\"").find(greeting)) { greeting }.groupValues[1]

    override fun close() = process.destroy()
}
