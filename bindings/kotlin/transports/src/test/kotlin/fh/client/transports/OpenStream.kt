package fh.client.transports

import fh.client.FetchMode

/** Starts a client over a transport, waits for its features, and returns without closing it: `URL STACK`. */
fun main(arguments: Array<String>) {
    val (url, stack) = arguments
    val client = Stack.valueOf(stack).client(url, FetchMode.STREAMING)
    client.waitReady(PATIENCE)
    println(client.string("COLOUR"))
}
