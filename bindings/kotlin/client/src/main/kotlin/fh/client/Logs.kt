package fh.client

import fh.client.internal.Bridge
import fh.client.internal.Callback
import fh.client.internal.Json
import fh.client.internal.Library
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger

/** Is called with log records, on a thread `fh-listeners`. */
public fun interface LogListener {
    /** Gets a record. The text contains no API keys and no attributes. */
    public fun onLog(level: LogLevel, text: String)
}

/**
 * The log records of all clients of the process. By default they go to the logger `fh.client` of `java.util.logging`, with the level that the
 * logger has when the first client starts.
 */
public object Logs {
    private val logger = Logger.getLogger("fh.client")
    private var isSet = false

    /** The library does not keep it, because it keeps nothing of the program after the end of the clients. */
    private var sink: Callback? = null

    /** True if a function of the program gets the records. */
    @Volatile
    private var hasListener = false

    /** Sets the level, and the function that gets the records in place of the logger. */
    @JvmStatic
    public fun to(level: LogLevel, listener: LogListener) {
        deliver(level, listener)
        hasListener = true
    }

    private fun deliver(level: LogLevel, listener: LogListener) {
        Library.ensureLoaded()
        // Records of its own failures would not arrive.
        val sink = Callback(onlyFirst = true, log = ::addToLogger) { text ->
            for (record in Json.read(text) as List<*>) {
                val members = record as Map<*, *>
                listener.onLog(LogLevel.valueOf(members["level"].toString()), members["text"].toString())
            }
            null
        }
        synchronized(this) {
            isSet = true
            this.sink = sink
            Bridge.logs(level.name, sink)
        }
    }

    /** Uses the logger of the platform, unless the program has set a function. */
    internal fun begin() {
        synchronized(this) { if (isSet) return }
        val level = LogLevel.values().last { it == LogLevel.OFF || logger.isLoggable(platformLevel(it)) }
        deliver(level) { of, text -> add(platformLevel(of), text, null) }
    }

    private fun platformLevel(level: LogLevel): Level =
        when (level) {
            LogLevel.OFF -> Level.OFF
            LogLevel.ERROR -> Level.SEVERE
            LogLevel.WARN -> Level.WARNING
            LogLevel.INFO -> Level.INFO
            LogLevel.DEBUG -> Level.FINE
            LogLevel.TRACE -> Level.FINER
        }

    private fun add(level: Level, text: String, thrown: Throwable?) {
        val record = LogRecord(level, text)
        record.loggerName = logger.name
        // Otherwise the record names this function as its source.
        record.sourceClassName = logger.name
        record.sourceMethodName = null
        record.thrown = thrown
        logger.log(record)
    }

    /** Logs what a function of the program has thrown. On Android, the handler of uncaught exceptions would end the app. */
    internal fun failed(error: Throwable) {
        if (hasListener) Bridge.logFailure("$FAILURE: ${error.stackTraceToString()}") else addToLogger(error)
    }

    private fun addToLogger(error: Throwable) {
        try {
            add(Level.SEVERE, FAILURE, error)
        } catch (_: Throwable) {
            // The handlers of a logger are functions of the program, too.
        }
    }

    private const val FAILURE = "a function of the program has thrown an exception"
}
