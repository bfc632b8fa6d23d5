package fh.client.internal

import java.util.concurrent.CompletableFuture

/** An object of the native library besides clients. Its memory is freed after this object was collected. */
internal class NativeObject(request: Map<String, Any?>) {
    val number: Long

    init {
        Library.ensureLoaded()
        number = Bridge.make(Json.write(request)).also { freeLater(this, it) }
    }

    /** Performs an operation, and returns its result. */
    fun perform(operation: String, vararg members: Pair<String, Any?>): Any? =
        answerOf(Bridge.perform(number, Json.write(mapOf("do" to operation, *members))))

    /** Begins an operation that ends later. */
    fun begin(operation: String): CompletableFuture<Void?> =
        later({ Bridge.begin(number, Json.write(mapOf("do" to operation)), it) }) { null }

    private companion object {
        fun freeLater(of: NativeObject, number: Long) = Collected.after(of) { Bridge.forgetObject(number) }
    }
}
