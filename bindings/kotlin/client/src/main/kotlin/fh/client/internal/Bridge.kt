package fh.client.internal

import fh.client.http.HttpExchange
import fh.client.http.HttpFailure
import fh.client.http.HttpRequest
import fh.client.http.HttpTransport
import fh.client.http.LibraryThreads
import java.time.Duration

/** The calls between the native library and Java that belong to no client. The library calls the methods that are not native. */
internal object Bridge {
    /** Starts a thread that calls functions of the program until enough threads wait. */
    @JvmStatic
    fun startThread(seat: Long) {
        LibraryThreads.make("fh-listeners") { callAll(seat) }.start()
    }

    /** Gives a thread of the native library, which has become one of Java, the class loader of the library. */
    @JvmStatic
    fun attached() {
        Thread.currentThread().contextClassLoader = Bridge::class.java.classLoader
    }

    private fun callAll(seat: Long) {
        while (true) {
            val (callback, event, call) = nextCall(seat) ?: return
            var isDone = false
            try {
                isDone = (callback as Callback).call(event as String)
            } finally {
                finishCall((call as String).toLong(), !isDone)
            }
        }
    }

    /** Calls an interceptor within a read. */
    @JvmStatic
    fun decide(callback: Any, read: String): String? = (callback as Callback).attempt(read)

    /** Gives a request to the program's transport, which returns at once. */
    @JvmStatic
    fun send(
        http: Any,
        exchange: Long,
        method: String,
        url: String,
        headers: Array<String>,
        body: ByteArray?,
        connectMillis: Long,
    ) {
        val pairs = headers.toList().chunked(2) { (name, value) -> name to value }
        val request = HttpRequest(method, url, pairs, body, Duration.ofMillis(connectMillis))
        val report = HttpExchange(exchange)
        try {
            (http as HttpTransport).send(request, report)
        } catch (error: Throwable) {
            report.fail(HttpFailure.OTHER, error)
        }
    }

    @JvmStatic
    fun run(runnable: Any) {
        (runnable as Runnable).run()
    }

    /** Returns the version of the native library. */
    @JvmStatic
    external fun version(): String

    /** Returns a number above 0 for the names of attributes; -1 if there are too many numbers. */
    @JvmStatic
    external fun numberNames(names: Array<String>): Int

    @JvmStatic
    external fun make(request: String): Long

    @JvmStatic
    external fun perform(target: Long, request: String): String

    @JvmStatic
    external fun begin(target: Long, request: String, done: Callback): Long

    /** Has no effect, but its argument is reachable until it returns. */
    @JvmStatic
    external fun keepReachable(objects: Any)

    @JvmStatic
    external fun forgetObject(target: Long)

    @JvmStatic
    external fun forgetOperation(operation: Long)

    @JvmStatic
    external fun logs(level: String, sink: Callback?)

    /** Returns true if a client has not ended. */
    @JvmStatic
    external fun isAnyOpen(): Boolean

    @JvmStatic
    external fun logFailure(text: String)

    /** Waits until the log records so far were delivered, at most for this time. */
    @JvmStatic
    external fun awaitLogs(millis: Long)

    @JvmStatic
    external fun nextCall(seat: Long): Array<Any?>?

    @JvmStatic
    external fun finishCall(call: Long, hasFailed: Boolean)

    @JvmStatic
    external fun cancel(registration: Long)

    @JvmStatic
    external fun detach(registration: Long)

    @JvmStatic
    external fun onCancel(exchange: Long, runnable: Runnable)

    @JvmStatic
    external fun head(exchange: Long, status: Int, headers: Array<String>)

    @JvmStatic
    external fun piece(exchange: Long, bytes: ByteArray, start: Int, length: Int): Boolean

    @JvmStatic
    external fun end(exchange: Long)

    @JvmStatic
    external fun fail(exchange: Long, kind: Int, text: String)
}
