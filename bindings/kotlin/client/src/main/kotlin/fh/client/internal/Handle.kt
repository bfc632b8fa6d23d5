package fh.client.internal

import kotlin.collections.listOf

/**
 * A number of the native library, which forgets it after this object was collected. An object may be collected while one of its methods runs,
 * from the last use of its fields on, so the number leaves the object only within [use].
 */
internal open class Handle(private val number: Long, forget: (Long) -> Unit) {
    init {
        forgetLater(this, number, forget)
    }

    /** Calls a function with the number. The object is reachable until the function has returned. */
    fun <R> use(call: (Long) -> R): R = useAll(listOf(this)) { call(it.first()!!) }

    internal companion object {
        /** Calls a function with the numbers of objects, which are reachable until the function has returned. */
        fun <R> useAll(handles: List<Handle?>, call: (List<Long?>) -> R): R =
            try {
                call(handles.map { it?.number })
            } finally {
                // The arguments of a native method are reachable. Java 8 and Android before API level 28 have no `Reference.reachabilityFence`.
                Bridge.keepReachable(handles)
            }

        private fun forgetLater(of: Handle, number: Long, forget: (Long) -> Unit) = Collected.after(of) { forget(number) }
    }
}
