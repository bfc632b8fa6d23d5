package fh.client.http

import java.lang.reflect.Constructor
import java.time.Duration
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.SynchronousQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit

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

    /** A thread of Java 19 or later keeps its task after its end, and with it a transport. */
    private class Once(private var task: Runnable?) : Runnable {
        override fun run() {
            val present = task
            task = null
            present?.run()
        }
    }

    private const val HTTP = "fh-http"
    private const val IDLE_SECONDS = 1L

    /** The threads of transports, and some that have ended. */
    private val http: MutableSet<Thread> = ConcurrentHashMap.newKeySet()
    private val pools = CopyOnWriteArrayList<ThreadPoolExecutor>()

    /**
     * Returns a thread that was not started. It is a daemon, has no inheritable thread-locals of the thread that starts it, such as the user of a
     * request, and has the class loader of the library. Before version 13 of Android, it inherits thread-locals.
     */
    @JvmStatic
    public fun make(name: String, task: Runnable): Thread =
        Once(task).let { constructor?.newInstance(null, it, name, 0L, false) ?: Thread(it, name) }.apply {
            isDaemon = true
            contextClassLoader = LibraryThreads::class.java.classLoader
            if (name == HTTP) {
                http.removeIf { it.state == Thread.State.TERMINATED }
                http.add(this)
            }
        }

    /** Returns an executor with any number of such threads. They end a second after their last task, and with the last client. */
    @JvmStatic
    public fun pool(name: String): ThreadPoolExecutor =
        ThreadPoolExecutor(0, Int.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, SynchronousQueue()) { make(name, it) }.also { pools.add(it) }

    /** Waits until the threads of transports have ended, at most for this time. */
    internal fun awaitHttp(limit: Duration) {
        val end = System.nanoTime() + limit.toNanos()
        try {
            pools.forEach { it.setKeepAliveTime(0, TimeUnit.SECONDS) }
            for (thread in http) {
                val left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())
                if (left <= 0) return
                thread.join(left)
            }
        } finally {
            pools.forEach { it.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS) }
        }
    }
}
