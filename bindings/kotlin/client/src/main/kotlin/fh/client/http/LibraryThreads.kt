package fh.client.http

import java.lang.reflect.Constructor

/** Makes the threads of the library, and those of transports. */
public object LibraryThreads {
    /** The constructor of threads that inherit no thread-locals: that of Java 9, which Android has from version 13 on. */
    private val constructor: Constructor<Thread>? =
        try {
            val (long, boolean) = Long::class.javaPrimitiveType to Boolean::class.javaPrimitiveType
            Thread::class.java.getConstructor(ThreadGroup::class.java, Runnable::class.java, String::class.java, long, boolean)
        } catch (_: NoSuchMethodException) {
            null
        }

    /**
     * Returns a thread that was not started. It is a daemon, has no inheritable thread-locals of the thread that starts it, such as the user of a
     * request, and has the class loader of the library. Before version 13 of Android, it inherits thread-locals.
     */
    @JvmStatic
    public fun make(name: String, task: Runnable): Thread =
        (constructor?.newInstance(null, task, name, 0L, false) ?: Thread(task, name)).apply {
            isDaemon = true
            contextClassLoader = LibraryThreads::class.java.classLoader
        }
}
