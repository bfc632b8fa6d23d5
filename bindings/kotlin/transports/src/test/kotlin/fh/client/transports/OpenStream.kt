package fh.client.transports

import fh.client.FetchMode
import java.io.File

/** Starts a client over a transport, waits for its features, and returns without closing it: `URL STACK`. */
fun main(arguments: Array<String>) {
    val (url, stack) = arguments
    val client = Stack.valueOf(stack).client(url, FetchMode.STREAMING) { headers = (1..40).associate { "x-$it" to "value" } }
    client.waitReady(PATIENCE)
    println(client.string("COLOUR"))
}

/** Starts the program above in a process of its own, which prints a warning for each wrong call of the native library. */
fun startOpenStream(url: String, stack: Stack): Process {
    val java = File(System.getProperty("java.home"), "bin/java").path
    return ProcessBuilder(java, "-XX:TieredStopAtLevel=1", "-Xcheck:jni", "-cp", System.getProperty("java.class.path"), "fh.client.transports.OpenStreamKt", url, stack.name)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()
}
