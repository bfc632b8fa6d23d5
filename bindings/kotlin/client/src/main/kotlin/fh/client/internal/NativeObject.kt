package fh.client.internal

import java.util.concurrent.CompletableFuture

/** An object of the native library besides clients. Its memory is freed after this object was collected. */
internal class NativeObject(request: Map<String, Any?>) : Handle(make(request), Bridge::forgetObject) {
    /** Performs an operation, and returns its result. */
    fun perform(operation: String, vararg members: Pair<String, Any?>): Any? {
        val request = Json.write(mapOf("do" to operation, *members))
        return answerOf(use { number -> Bridge.perform(number, request) })
    }

    /** Begins an operation that ends later. */
    fun begin(operation: String): CompletableFuture<Void?> {
        val request = Json.write(mapOf("do" to operation))
        return later({ done -> use { number -> Bridge.begin(number, request, done) } }) { null }
    }

    private companion object {
        fun make(request: Map<String, Any?>): Long {
            Library.ensureLoaded()
            return Bridge.make(Json.write(request))
        }
    }
}
