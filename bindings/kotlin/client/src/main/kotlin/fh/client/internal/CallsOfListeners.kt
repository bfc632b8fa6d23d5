package fh.client.internal

/** The calls of listeners and observers, for the end of which a flush waits. */
internal object CallsOfListeners {
    private val here = ThreadLocal<Boolean>()

    /** True if this thread calls a listener or an observer. */
    fun isHere(): Boolean = here.get() == true

    fun call(function: () -> Unit) {
        here.set(true)
        try {
            function()
        } finally {
            here.remove()
        }
    }
}
