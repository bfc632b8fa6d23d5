package fh.client.internal

import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.util.concurrent.ConcurrentHashMap

/**
 * The client of the native library. Its functions are methods of the object, so that the object is reachable until each of them has returned.
 * The native memory is freed after the object was collected.
 */
internal class NativeClient(settings: String, http: Any?) {
    private val address: Long

    init {
        Library.ensureLoaded()
        address = start(settings, http)
        Collected.add(this, address)
    }

    private val keys = ConcurrentHashMap<String, Int>()

    /** The number of a key; -1 if the library numbers no more keys, and then it takes the key itself. */
    private fun number(key: String): Int = keys[key] ?: addKey(key)

    private fun addKey(key: String): Int {
        if (keys.size >= MOST_KEYS) return -1
        synchronized(keys) {
            return keys[key] ?: numberKey(address, key).also { keys[key] = it }
        }
    }

    fun boolean(key: String, context: PackedContext?): Int =
        number(key).let { readBoolean(address, it, text(it, key), context?.number ?: 0, context?.packed) }

    fun double(key: String, context: PackedContext?): Double =
        number(key).let { readDouble(address, it, text(it, key), context?.number ?: 0, context?.packed) }

    fun decimal(key: String, context: PackedContext?): String? =
        number(key).let { readNumber(address, it, text(it, key), context?.number ?: 0, context?.packed) }

    fun string(key: String, context: PackedContext?): String? =
        number(key).let { readString(address, it, text(it, key), context?.number ?: 0, context?.packed) }

    fun json(key: String, context: PackedContext?): String? =
        number(key).let { readJson(address, it, text(it, key), context?.number ?: 0, context?.packed) }

    fun detail(key: String, context: PackedContext?): String =
        number(key).let { readDetail(address, it, text(it, key), context?.number ?: 0, context?.packed) }

    fun explanation(key: String, context: PackedContext?): String =
        number(key).let { explain(address, it, text(it, key), context?.number ?: 0, context?.packed) }

    private fun text(number: Int, key: String): String? = if (number < 0) key else null

    fun readiness(): String = readiness(address)

    fun status(): String = status(address)

    /** Returns null once the client has features, or the reason why it has none. */
    fun waitReady(millis: Long): String? = waitReady(address, millis)

    fun flush(millis: Long): Boolean = flush(address, millis)

    fun close(): Unit = close(address)

    fun suspend(): Unit = suspend(address)

    fun resume(): Unit = resume(address)

    fun listen(callback: Callback, setting: String, key: String?, context: PackedContext?): Long =
        listen(address, callback, setting, key, context?.packed)

    private external fun numberKey(client: Long, key: String): Int

    private external fun readBoolean(client: Long, key: Int, name: String?, context: Long, attributes: ByteArray?): Int

    private external fun readDouble(client: Long, key: Int, name: String?, context: Long, attributes: ByteArray?): Double

    private external fun readNumber(client: Long, key: Int, name: String?, context: Long, attributes: ByteArray?): String?

    private external fun readString(client: Long, key: Int, name: String?, context: Long, attributes: ByteArray?): String?

    private external fun readJson(client: Long, key: Int, name: String?, context: Long, attributes: ByteArray?): String?

    private external fun readDetail(client: Long, key: Int, name: String?, context: Long, attributes: ByteArray?): String

    private external fun explain(client: Long, key: Int, name: String?, context: Long, attributes: ByteArray?): String

    private external fun readiness(client: Long): String

    private external fun status(client: Long): String

    private external fun waitReady(client: Long, millis: Long): String?

    private external fun flush(client: Long, millis: Long): Boolean

    private external fun close(client: Long)

    private external fun suspend(client: Long)

    private external fun resume(client: Long)

    private external fun listen(client: Long, callback: Callback, setting: String, key: String?, attributes: ByteArray?): Long

    /** The clients whose objects still exist. A thread frees each after its object was collected. */
    private object Collected {
        private val queue = ReferenceQueue<NativeClient>()
        private val kept: MutableSet<Reference> = ConcurrentHashMap.newKeySet()

        private class Reference(client: NativeClient, val address: Long, queue: ReferenceQueue<NativeClient>) :
            PhantomReference<NativeClient>(client, queue)

        init {
            val thread = Thread({ freeAll() }, "fh-client-cleaner")
            thread.isDaemon = true
            thread.start()
        }

        fun add(client: NativeClient, address: Long) {
            kept.add(Reference(client, address, queue))
        }

        private fun freeAll() {
            while (true) {
                val reference = queue.remove() as Reference
                kept.remove(reference)
                free(reference.address)
            }
        }
    }

    private companion object {
        /** The number of keys that the library numbers. */
        const val MOST_KEYS = 4096

        @JvmStatic
        external fun start(settings: String, http: Any?): Long

        @JvmStatic
        external fun free(client: Long)
    }
}
