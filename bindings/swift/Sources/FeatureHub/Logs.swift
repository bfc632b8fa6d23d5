import Foundation
internal import FeatureHubNative

#if canImport(os)
import os
#endif

/// A level of log records.
public enum LogLevel: String, Sendable, CaseIterable {
    /// No records.
    case off = "OFF"
    /// Failures of the client itself.
    case error = "ERROR"
    /// Problems that the program should know.
    case warning = "WARN"
    /// Changes of the readiness.
    case info = "INFO"
    /// Each request.
    case debug = "DEBUG"
    /// Each event.
    case trace = "TRACE"

    fileprivate var native: NativeLevel {
        switch self {
        case .off: .off
        case .error: .error
        case .warning: .warning
        case .info: .info
        case .debug: .debug
        case .trace: .trace
        }
    }
}

/// The log records of all clients of the process. By default, on Apple's systems, they go to the unified log with the subsystem
/// `fh.client`; on other systems, warnings and errors go to the standard error.
public enum Logs {
    private static let isSet = Locked(false)

    /// Sets the level, and the function that gets the records, on a thread of the library. A text contains no API keys and no attributes.
    public static func send(from level: LogLevel, to log: @escaping @Sendable (LogLevel, String) -> Void) {
        isSet.with { isSet in
            isSet = true
            set(level, log)
        }
    }

    /// Uses the log of the platform, unless the program has set a function.
    static func begin() {
        isSet.with { isSet in
            if isSet { return }
            isSet = true
            #if canImport(os)
            let logger = Logger(subsystem: "fh.client", category: "client")
            set(.debug) { level, text in logger.log(level: level.type, "\(text, privacy: .public)") }
            #else
            set(.warning) { level, text in
                FileHandle.standardError.write(Data("fh.client \(level.rawValue): \(text)\n".utf8))
            }
            #endif
        }
    }

    private static func set(_ level: LogLevel, _ log: @escaping @Sendable (LogLevel, String) -> Void) {
        let sink = Function.of { records in
            for record in records.list {
                log(record["level"].text.flatMap { LogLevel(rawValue: $0) } ?? .error, record["text"].text ?? "")
            }
        }
        setLogs(level: level.native, sink: sink)
    }
}

#if canImport(os)
extension LogLevel {
    fileprivate var type: OSLogType {
        switch self {
        case .off, .trace, .debug: .debug
        case .info: .info
        case .warning: .default
        case .error: .error
        }
    }
}
#endif
