package fh.client.conformance

import fh.client.Readiness
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

private const val FEATURE = "STATE"

/** Number of reads between two rests. Without rests, several readers would take all time from the client that they watch. */
private const val READS = 100
private const val REST_MILLIS = 3L

/** Maximum number of events `wrong` of one client. */
private const val MOST_EVENTS = 10

/** Starts so many threads that read the feature `STATE` all the time. They end when the client is closed. */
internal fun startReaders(client: AdapterClient, count: Int) {
    val events = AtomicInteger()
    repeat(count) { thread(isDaemon = true, name = "reader") { StateReader(client, events).run() } }
}

/** Reads the feature `STATE`, and reports each value that cannot be. */
private class StateReader(private val client: AdapterClient, private val events: AtomicInteger) {
    private var last: ULong? = null
    private var wasReady = false

    fun run() {
        while (true) {
            repeat(READS) { read() }
            val readiness = client.sdk.readiness
            if (readiness == Readiness.CLOSED) return
            if (wasReady && readiness != Readiness.READY) wrong("the readiness is $readiness after READY")
            wasReady = wasReady || readiness == Readiness.READY
            Thread.sleep(REST_MILLIS)
        }
    }

    private fun read() {
        val (value, before) = client.sdk.string(FEATURE) to last
        if (value == null) {
            if (before != null) wrong("there is no value after value $before")
            if (before == null && wasReady) wrong("the client is ready and has no value")
            return
        }
        val number = numberOf(value)
        when {
            number == null -> wrong("\"$value\" was never served")
            before != null && number < before -> wrong("value $number came after value $before")
            else -> last = number
        }
    }

    private fun wrong(message: String) {
        if (events.getAndIncrement() < MOST_EVENTS) Loop.event("wrong", mapOf("client" to client.name, "message" to message))
    }
}

/** Returns the number of a value that the runner serves; null for any other value. */
private fun numberOf(value: String): ULong? {
    val number = value.substringBefore(':').toULongOrNull() ?: return null
    return number.takeIf { value == "$it:${mixed(it).toString(16).padStart(16, '0')}" }
}

/** The hash of a number, as the runner computes it. */
private fun mixed(number: ULong): ULong {
    var mixed = number + 0x9E37_79B9_7F4A_7C15uL
    mixed = (mixed xor (mixed shr 30)) * 0xBF58_476D_1CE4_E5B9uL
    return mixed xor (mixed shr 27)
}
