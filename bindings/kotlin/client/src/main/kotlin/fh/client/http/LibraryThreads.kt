package fh.client.http

/** Makes the threads of the library, and those of transports. */
public object LibraryThreads {
    /**
     * Returns a thread that was not started. It is a daemon, has no inheritable thread-locals of the thread that starts it, such as the user of a
     * request, and has the class loader of the library. Android before version 13 has no such threads: there they inherit.
     */
    @JvmStatic
    public fun make(name: String, task: Runnable): Thread {
        val thread =
            try {
                Thread(null, task, name, 0, false)
            } catch (_: NoSuchMethodError) {
                Thread(task, name)
            }
        return thread.apply {
            isDaemon = true
            contextClassLoader = LibraryThreads::class.java.classLoader
        }
    }
}
