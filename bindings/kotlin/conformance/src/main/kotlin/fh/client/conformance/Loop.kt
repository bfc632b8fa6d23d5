package fh.client.conformance

import java.io.FileDescriptor
import java.io.FileOutputStream
import java.util.Optional
import java.util.concurrent.LinkedBlockingQueue
import kotlin.concurrent.thread
import kotlin.system.exitProcess
import kotlinx.serialization.json.JsonNull

/** The client cannot perform the operation. `hello` lists the capability under `cannot`. */
internal class Unsupported(reason: String) : RuntimeException(reason)

/** The command names something that does not exist, such as an unknown client. */
internal class Misuse(message: String) : RuntimeException(message)

/** Performs a command, and returns the members of the answer. */
internal typealias Operation = (Members) -> Map<String, Any?>

/** The loop of an adapter: reads commands, calls the function of each operation, and writes answers and events. */
internal object Loop {
    /** The time after the end of the input until the process is halted, whatever the client does. */
    private const val EXIT_MILLIS = 1000L
    private val output = FileOutputStream(FileDescriptor.out)

    /** Sends an event. Any thread may call it. */
    fun event(name: String, members: Map<String, Any?>) {
        send(mapOf("event" to name) + members)
    }

    /** Performs the commands of standard input on the calling thread, until the input ends. */
    fun run(operations: Map<String, Operation>): Nothing {
        System.setOut(System.err)
        val lines = LinkedBlockingQueue<Optional<String>>()
        thread(isDaemon = true) { read(lines) }
        while (true) answer(operations, lines.take().orElse(null) ?: break)
        exitProcess(0)
    }

    private fun read(lines: LinkedBlockingQueue<Optional<String>>) {
        System.`in`.bufferedReader().forEachLine { if (it.isNotBlank()) lines.add(Optional.of(it)) }
        lines.add(Optional.empty())
        Thread.sleep(EXIT_MILLIS)
        Runtime.getRuntime().halt(0)
    }

    private fun answer(operations: Map<String, Operation>, line: String) {
        val command = Members.of(line)
        val name = command.text("op")
        val members =
            try {
                val operation = operations[name] ?: throw Misuse("there is no operation $name")
                operation(command)
            } catch (refusal: Unsupported) {
                error("unsupported", refusal.message)
            } catch (misuse: Misuse) {
                error("adapter", misuse.message)
            } catch (thrown: Throwable) {
                // Whatever the client throws is an answer.
                thrown.printStackTrace()
                error("sdk", thrown.toString())
            }
        send(mapOf("id" to (command.element("id") ?: JsonNull)) + members)
    }

    private fun error(code: String, message: String?) = mapOf("error" to mapOf("code" to code, "message" to message))

    private fun send(message: Map<String, Any?>) {
        val line = "${jsonOf(message)}\n".toByteArray()
        synchronized(output) { output.write(line) }
    }
}
