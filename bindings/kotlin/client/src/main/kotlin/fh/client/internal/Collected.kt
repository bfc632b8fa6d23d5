package fh.client.internal

import fh.client.http.LibraryThreads
import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.util.concurrent.ConcurrentHashMap

/**
 * The native memory of objects. A thread frees it after the object was collected. Without open clients, the thread ends when it is idle, because it
 * keeps the class loader of the library. The next object, or the end of the library, then frees what was collected later.
 */
internal object Collected {
    private const val IDLE_MILLIS = 1_000L

    private val queue = ReferenceQueue<Any>()
    private val kept: MutableSet<Reference> = ConcurrentHashMap.newKeySet()
    private var thread: Thread? = null

    /** True if a program waits for the end of the thread. */
    @Volatile
    private var isAwaited = false

    private class Reference(of: Any, val free: () -> Unit, queue: ReferenceQueue<Any>) : PhantomReference<Any>(of, queue)

    /** Calls a function after an object was collected. The function must not refer to the object. */
    fun after(of: Any, free: () -> Unit) {
        kept.add(Reference(of, free, queue))
        synchronized(this) {
            if (thread == null) thread = LibraryThreads.make("fh-client-cleaner") { freeAll() }.also { it.start() }
        }
    }

    /** Lets the thread end if no client is open: when it is idle, or as soon as it has freed what was collected. */
    fun endIfIdle(isAwaited: Boolean = false) {
        if (Bridge.isAnyOpen()) return
        synchronized(this) {
            if (thread != null && isAwaited) this.isAwaited = true
            thread?.interrupt()
        }
    }

    private fun freeAll() {
        while (true) {
            val reference = next() ?: return
            kept.remove(reference)
            reference.free()
        }
    }

    /** Returns the next object that was collected; null if the thread should end. */
    private fun next(): Reference? {
        while (true) {
            try {
                val found = if (Bridge.isAnyOpen()) queue.remove() else queue.remove(if (isAwaited) 1L else IDLE_MILLIS)
                if (found != null) return found as Reference
            } catch (_: InterruptedException) {
                // The last client has ended.
                continue
            }
            synchronized(this) {
                if (!Bridge.isAnyOpen()) {
                    thread = null
                    isAwaited = false
                    return null
                }
            }
        }
    }
}
