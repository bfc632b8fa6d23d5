import FeatureHub
import Foundation

/// The share of a delay after a refusal that is random: the client's own default.
private let refusedJitter = 0.5

extension Settings {
    /// The settings of the operation `create`.
    init(_ command: Members) throws {
        self.init()
        mode = try Self.mode(of: command)
        if mode == .polling || mode == .passive { interval = command.millis("poll_ms") }
        headers = command.object("headers")?.compactMapValues { $0.value?.description }
        context = command.attributes("context")
        snapshotFile = command.text("store").map(Self.file)
        if command.flag("context_in_query") { contextPlacement = .query }
        if command.flag("keep_values") { whileSwitching = .keep }
        if command.flag("catch") { catchUpdates = true }
        if let retry = try command.members("retry") { setRetries(retry) }
        backoffWhenRefused = try command.members("refused").map { refused in
            Backoff(initial: refused.millis("initial_ms"), cap: refused.millis("max_ms"), jitter: refusedJitter)
        }
        healthyAfter = command.millis("healthy_after_ms")
        limits = try Self.limits(of: command)
    }

    private static func mode(of command: Members) throws -> FetchMode {
        switch command.text("mode") ?? "stream" {
        case "stream": .streaming
        case "poll": .polling
        case "passive": .passive
        case "once": .once
        case let other: throw AdapterError.misuse("there is no mode \"\(other)\"")
        }
    }

    private static func file(of store: String) -> String {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: store, isDirectory: &isFolder)
        return exists && isFolder.boolValue ? "\(store)/features.json" : store
    }

    /// Sets the delays before retries. The client's other delays between requests are scaled by the same factor (D-64).
    private mutating func setRetries(_ retry: Members) {
        backoff = Backoff(initial: retry.millis("initial_ms"), cap: retry.millis("max_ms"), jitter: retry.number("jitter") ?? 0)
        let factor = (retry.number("initial_ms") ?? Defaults.retryMillis) / Defaults.retryMillis
        pace = Duration.seconds(1) * factor
        streamAgainAfter = Duration.seconds(600) * factor
        returnWithin = Duration.milliseconds(100) * factor...Duration.seconds(1) * factor
    }

    private static func limits(of command: Members) throws -> Limits {
        var limits = Limits()
        let timeouts = try command.members("timeouts")
        limits.connect = timeouts?.millis("connect_ms")
        limits.head = timeouts?.millis("head_ms")
        limits.poll = timeouts?.millis("poll_ms")
        limits.idle = timeouts?.millis("idle_ms")
        limits.heldBack = timeouts?.millis("held_back_ms")
        limits.bytes = command.number("max_bytes").map { Int64($0) }
        return limits
    }
}
