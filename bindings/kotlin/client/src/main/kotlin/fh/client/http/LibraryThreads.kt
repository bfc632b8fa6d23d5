package fh.client.http

import fh.client.internal.Bridge
import fh.client.internal.Collected
import java.lang.reflect.Constructor
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Future
import java.util.concurrent.TimeUnit

/** Makes the threads of the library, and those of transports. */
public object LibraryThreads {
    private const val ENDING = "fh-client-end"
    private const val MOST_MILLIS = 1_000L
    private const val LOOK_MILLIS = 10L

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

    /**
     * Returns a future of the end of all threads of the library, with those of native code, if no client is open. A server that unloads the library
     * warns of each thread that is left. A thread that does not end in time, such as one whose listener waits for this future, is left alone.
     */
    internal fun ended(): CompletableFuture<Void?> {
        val ended = CompletableFuture<Void?>()
        val end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MOST_MILLIS)
        val waiting = make(ENDING) {
            Collected.endIfIdle(isAwaited = true)
            while (!Bridge.isAnyOpen() && System.nanoTime() < end) (left() ?: break).join(LOOK_MILLIS)
            // This thread ends now, so it is none of the library's threads any more.
            Thread.currentThread().contextClassLoader = ClassLoader.getSystemClassLoader()
            ended.complete(null)
        }
        waiting.start()
        return ended
    }

    /** Lets a program end no earlier than a client and its last log records, for which it waits a second at most: the threads of both are daemons. */
    internal fun finish(client: Future<*>) {
        val waiting = make("fh-client-last") {
            try {
                client.get(MOST_MILLIS, TimeUnit.MILLISECONDS)
            } catch (_: Exception) {
                // The log may have records all the same.
            }
            Bridge.awaitLogs(MOST_MILLIS)
        }
        waiting.isDaemon = false
        waiting.start()
    }

    private fun left(): Thread? {
        val own = LibraryThreads::class.java.classLoader
        return Thread.getAllStackTraces().keys.find { it.name.startsWith("fh-") && it.name != ENDING && it.contextClassLoader === own }
    }
}
