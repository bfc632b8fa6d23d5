internal import FeatureHubNative

/// An Edge in memory, for tests. It serves streams and polls, evaluates rules for server-evaluated keys, accepts test updates, and
/// simulates failures. Any number of clients can use it.
public final class MemoryEdge: Sendable {
    /// A client-evaluated key of each Edge in memory.
    public static let clientKey = "memory/client*evaluated"
    /// A server-evaluated key of each Edge in memory.
    public static let serverKey = "memory/server-evaluated"

    private let native: NativeObject

    /// Creates an Edge without features.
    public init() throws {
        native = try object(["new": .text("edge")])
    }

    /// Starts a client of this Edge.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if a setting is wrong
    public func client(_ apiKey: String = clientKey, settings: Settings = Settings()) throws -> Client {
        try Client(settings, ["url": .text("http://memory.invalid"), "apiKeys": .list([.text(apiKey)])], edge: native)
    }

    /// Sets the default value of a feature. A feature that does not exist is created with the type of the value; nil creates a STRING.
    public func set(_ key: String, _ value: Value?) throws {
        try native.perform("set", ["key": .text(key), "value": Value.written(value)])
    }

    /// Sets the rollout strategies of a feature: a JSON list in the form that an Edge sends.
    public func setStrategies(_ key: String, _ json: String) throws {
        try native.perform("setStrategies", ["key": .text(key), "json": .text(json)])
    }

    /// Sets a member of a feature's JSON object. A feature that does not exist is created as a BOOLEAN.
    public func setMember(_ key: String, _ member: String, _ json: String) throws {
        try native.perform("setMember", ["key": .text(key), "member": .text(member), "json": .text(json)])
    }

    /// Adds a feature with exactly this JSON object. A feature with the same key is replaced.
    public func put(_ json: String) throws { try native.perform("put", ["json": .text(json)]) }

    /// Locks a feature.
    public func lock(_ key: String) { _ = native.answer("lock", ["key": .text(key)]) }

    /// Unlocks a feature.
    public func unlock(_ key: String) { _ = native.answer("unlock", ["key": .text(key)]) }

    /// Deletes a feature. Has no effect if it does not exist.
    public func delete(_ key: String) { _ = native.answer("delete", ["key": .text(key)]) }

    /// Returns the JSON object of a feature as the Edge stores it; nil if there is none.
    public func get(_ key: String) -> String? { native.answer("get", ["key": .text(key)]).text }

    /// Makes the next poll or stream request fail. Each call adds a fault for one further request.
    public func failNext(_ fault: Fault) throws { try native.perform("failNext", ["fault": fault.json]) }

    /// Makes all later polls and stream requests fail, and breaks open streams, until ``heal()``.
    public func fail(_ fault: Fault) throws { try native.perform("fail", ["fault": fault.json]) }

    /// Removes all faults, and accepts test updates again.
    public func heal() { _ = native.answer("heal") }

    /// Rejects all later test updates with this status, until ``heal()``.
    public func refuseUpdates(status: Int, reason: String = "") throws {
        try native.perform("refuseUpdates", ["status": .integer(Int64(status)), "reason": .text(reason)])
    }

    /// Breaks the connections of all open streams, as a network failure does.
    public func breakStreams() { _ = native.answer("breakStreams") }

    /// Ends all open streams with the event `bye`, as an Edge does from time to time.
    public func bye() { _ = native.answer("bye") }

    /// Sends an event on all open streams.
    public func sendEvent(_ name: String, _ data: String) {
        _ = native.answer("sendEvent", ["name": .text(name), "data": .text(data)])
    }

    /// The requests so far.
    public var requests: [SeenRequest] { native.answer("requests").list.map { SeenRequest($0) } }

    /// The number of open streams.
    public var streams: Int { Int(native.answer("streams").integer ?? 0) }

    /// Waits until all clients have received everything that this Edge has sent.
    public func delivered() async throws { try await native.begin("delivered") }
}

/// A failure that an Edge in memory simulates.
public enum Fault: Sendable, Equatable {
    /// No connection can be opened.
    case connect
    /// TLS fails.
    case tls
    /// The connection breaks.
    case broken
    /// The Edge never answers.
    case silence
    /// The Edge answers with a status from 100 to 599.
    case status(Int, headers: [String: String] = [:])

    var json: Json {
        switch self {
        case .connect: .text("connect")
        case .tls: .text("tls")
        case .broken: .text("break")
        case .silence: .text("silence")
        case .status(let status, let headers):
            .object(["status": .list([.integer(Int64(status)), .list(headers.map { .list([.text($0.key), .text($0.value)]) })])])
        }
    }
}

/// A request that an Edge in memory has received. Its text shows neither API keys nor attributes.
public struct SeenRequest: Sendable, CustomStringConvertible {
    /// The kind of a request.
    public enum Kind: String, Sendable {
        case poll
        case stream
        case update
    }

    /// The kind of the request.
    public let kind: Kind
    /// The path and the query of the request's URL.
    public let target: String
    /// The headers, with names in lower case.
    public let headers: [(name: String, value: String)]
    /// The body of a test update.
    public let body: String

    public var description: String { "SeenRequest(\(kind))" }

    init(_ json: Json) {
        kind = json["kind"].text.flatMap { Kind(rawValue: $0) } ?? .poll
        target = json["target"].text ?? ""
        headers = json["headers"].list.compactMap { pair in
            let texts = pair.texts
            return texts.count == 2 ? (name: texts[0], value: texts[1]) : nil
        }
        body = json["body"].text ?? ""
    }
}
