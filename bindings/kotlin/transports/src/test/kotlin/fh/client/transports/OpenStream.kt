package fh.client.transports

import fh.client.FetchMode
import java.io.File

/** Starts a client over a transport, waits for its features, and returns without closing it: `URL STACK`. */
fun main(arguments: Array<String>) {
    val (url, stack) = arguments
    val client = Stack.valueOf(stack).client(url, FetchMode.STREAMING)
    client.waitReady(PATIENCE)
    println(client.string("COLOUR"))
}

/** Starts the program above in a process of its own. */
fun startOpenStream(url: String, stack: Stack): Process {
    val java = File(System.getProperty("java.home"), "bin/java").path
    return ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), "fh.client.transports.OpenStreamKt", url, stack.name)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()
}
