package fh.client.jdk

/** The steps that end a request. A step that is added after the cancellation runs at once. */
internal class Cancellation {
    private val steps = ArrayList<() -> Unit>()
    private var isCancelled = false

    fun add(step: () -> Unit) {
        synchronized(this) {
            if (!isCancelled) {
                steps.add(step)
                return
            }
        }
        step()
    }

    fun cancel() {
        synchronized(this) { isCancelled = true }
        steps.forEach { it() }
    }
}
