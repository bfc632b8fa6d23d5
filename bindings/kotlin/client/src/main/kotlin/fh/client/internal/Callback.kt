package fh.client.internal

/** A function of the program, which the native library calls with events in JSON. */
internal fun interface Callback {
    fun call(event: String)
}
