import Foundation

/// The selection of the events for an observer. A value that is nil has its default.
public struct UsageOptions: Sendable {
    /// The maximum number of events that wait for the observer; 1,024 by default. The oldest one is dropped and counted.
    public var queue: Int?
    /// The number of reads of which one is observed; 1 by default.
    public var oneOf: Int?
    /// The time in which equal reads of a user are observed once; nil to observe each.
    public var deduplicate: Duration?

    public init(queue: Int? = nil, oneOf: Int? = nil, deduplicate: Duration? = nil) {
        (self.queue, self.oneOf, self.deduplicate) = (queue, oneOf, deduplicate)
    }
}

/// A function that is called with the uses of features, with the selection of its events.
public struct UsageObserver: Sendable {
    let part: Part

    /// The function gets the events that it has not got yet, the oldest first, on a thread of the library.
    public init(_ options: UsageOptions = UsageOptions(), _ observe: @escaping @Sendable ([UsageEvent]) throws -> Void) {
        let description: [String: Json?] = [
            "is": .text("observer"),
            "queue": options.queue.map { .integer(Int64($0)) },
            "oneOf": options.oneOf.map { .integer(Int64($0)) },
            "deduplicateMillis": options.deduplicate.map { .integer($0.millis) },
        ]
        part = Part(description.compactMapValues { $0 }, Function.of { try observe($0.list.map { UsageEvent($0) }) })
    }
}

/// The use of features. Its text shows no attributes, which are personal data.
public struct UsageEvent: Sendable, Equatable, CustomStringConvertible {
    /// The kind of a usage event.
    public enum Kind: String, Sendable {
        /// A read.
        case evaluated
        /// All features of a client that is ready for the first time.
        case collection
        /// An event of the program.
        case named
    }

    /// The kind.
    public let kind: Kind
    /// The name: `feature`, `feature-collection`, or that of ``Reads/record(_:params:)``.
    public let name: String
    /// The time of the event.
    public let at: Date
    /// The features with their values; one for a read.
    public let features: [UsedFeature]
    /// The reason for the value of a read.
    public let reason: String?
    /// The name of the interceptor that returned the value of a read.
    public let interceptor: String?
    /// The parameters of ``Reads/record(_:params:)`` as a JSON object.
    public let params: String?
    /// The attributes of the context; nil for a read without a context.
    public let attributes: [String: [String]]?
    /// The user key of the context, or its session.
    public let userKey: String?

    public var description: String { "UsageEvent(\(name), \(features.map(\.key).joined(separator: ", ")))" }

    init(_ json: Json) {
        kind = json["kind"].text.flatMap { Kind(rawValue: $0) } ?? .named
        name = json["name"].text ?? ""
        at = Date(millis: json["atMillis"].integer ?? 0)
        features = json["features"].list.map { UsedFeature($0) }
        reason = json["reason"].text
        interceptor = json["interceptor"].text
        params = json["params"] == .null ? nil : try? json["params"].written
        attributes = json["attributes"].attributes
        userKey = json["userKey"].text
    }
}

/// A feature with the value that was used.
public struct UsedFeature: Sendable, Equatable {
    /// The key of the feature.
    public let key: String
    /// The id of the feature.
    public let id: String?
    /// The id of the feature's environment.
    public let environment: String?
    /// The type of the feature.
    public let kind: String?
    /// The value.
    public let value: Value?
    /// The value as text for statistics: `on` or `off` for a BOOLEAN; nil for JSON and for no value.
    public let text: String?
    /// The id of the strategy that matched.
    public let strategyId: String?
    /// The version of the feature's value.
    public let version: Int64

    init(_ json: Json) {
        key = json["key"].text ?? ""
        id = json["id"].text
        environment = json["environment"].text
        kind = json["kind"].text
        value = Value(json["value"])
        text = json["text"].text
        strategyId = json["strategyId"].text
        version = json["version"].integer ?? -1
    }
}
