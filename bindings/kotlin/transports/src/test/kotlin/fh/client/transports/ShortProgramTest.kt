package fh.client.transports

import fh.client.FeatureHub
import fh.client.FetchMode
import java.io.File
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** A program that reads another context than its client's, closes the client, and ends: `URL`. */
object ShortProgram {
    @JvmStatic
    fun main(arguments: Array<String>) {
        FeatureHub.client(arguments[0], "environment/key") { mode = FetchMode.ONCE }.use { client ->
            client.waitReady(PATIENCE)
            client.context("userkey" to "mara").string("COLOUR")
        }
    }
}

class ShortProgramTest {
    @Test
    fun `the end of a program does not lose the warning of its last read`() {
        val server = pollServer()
        val java = File(System.getProperty("java.home"), "bin/java").path
        val url = "http://127.0.0.1:${server.address.port}"
        val command = listOf(java, "-cp", System.getProperty("java.class.path"), ShortProgram::class.java.name, url)
        val program = ProcessBuilder(command).redirectErrorStream(true).start()
        val output = program.inputStream.bufferedReader().readText()
        server.stop(0)
        assertTrue("a read of another context" in output, output)
    }
}
