package fh.client

import fh.client.internal.Bridge
import fh.client.internal.Callback
import fh.client.internal.Json
import fh.client.internal.Library
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger

/** A level of log records. */
public enum class LogLevel(internal val level: Level) {
    /** No records. */
    OFF(Level.OFF),

    /** Failures of the client itself. */
    ERROR(Level.SEVERE),

    /** Problems that the program should know. */
    WARN(Level.WARNING),

    /** Changes of the readiness. */
    INFO(Level.INFO),

    /** Each request. */
    DEBUG(Level.FINE),

    /** Each event. */
    TRACE(Level.FINER),
}

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
    private var isSet = false

    /** Sets the level, and the function that gets the records in place of the logger. */
    @JvmStatic
    public fun to(level: LogLevel, listener: LogListener) {
        Library.ensureLoaded()
        val sink = Callback(Callback.Failures.FIRST) { text ->
            for (record in Json.read(text) as List<*>) {
                val members = record as Map<*, *>
                listener.onLog(LogLevel.valueOf(members["level"].toString()), members["text"].toString())
            }
            null
        }
        synchronized(this) {
            isSet = true
            Bridge.logs(level.name, sink)
        }
    }

    /** Uses the logger of the platform, unless the program has set a function. */
    internal fun begin() {
        synchronized(this) { if (isSet) return }
        val logger = Logger.getLogger("fh.client")
        val level = LogLevel.entries.last { it == LogLevel.OFF || logger.isLoggable(it.level) }
        to(level) { of, text ->
            val record = LogRecord(of.level, text)
            record.loggerName = logger.name
            // Otherwise the record names this function as its source.
            record.sourceClassName = logger.name
            record.sourceMethodName = null
            logger.log(record)
        }
    }
}
