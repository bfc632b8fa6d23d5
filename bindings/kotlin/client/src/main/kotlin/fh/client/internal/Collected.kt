package fh.client.internal

import fh.client.http.LibraryThreads
import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.util.concurrent.ConcurrentHashMap

/** The native memory of objects. A thread frees it after the object was collected. */
internal object Collected {
    private val queue = ReferenceQueue<Any>()
    private val kept: MutableSet<Reference> = ConcurrentHashMap.newKeySet()

    private class Reference(of: Any, val free: () -> Unit, queue: ReferenceQueue<Any>) : PhantomReference<Any>(of, queue)

    init {
        LibraryThreads.make("fh-client-cleaner") { freeAll() }.start()
    }

    /** Calls a function after an object was collected. The function must not refer to the object. */
    fun after(of: Any, free: () -> Unit) {
        kept.add(Reference(of, free, queue))
    }

    private fun freeAll() {
        while (true) {
            val reference = queue.remove() as Reference
            kept.remove(reference)
            reference.free()
        }
    }
}
