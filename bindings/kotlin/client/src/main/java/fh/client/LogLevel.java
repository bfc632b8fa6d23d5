package fh.client;

/** A level of log records. */
public enum LogLevel {
    /** No records. */
    OFF,

    /** Failures of the client itself. */
    ERROR,

    /** Problems that the program should know. */
    WARN,

    /** Changes of the readiness. */
    INFO,

    /** Each request. */
    DEBUG,

    /** Each event. */
    TRACE,
}
