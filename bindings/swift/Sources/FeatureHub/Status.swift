/// The state of a client at one time. Ages are those of that time.
public struct Status: Sendable, Equatable {
    /// The readiness.
    public let readiness: Readiness
    /// The state of the connection, such as `streaming`.
    public let connection: String
    /// The short name of the last problem, such as `unreachable`; nil if there is none.
    public let problem: String?
    /// The text of the last problem, without API keys; nil if there is none.
    public let message: String?
    /// True if the Edge has said that its features are no longer updated.
    public let isStale: Bool
    /// True if catch & release holds updates back.
    public let isHolding: Bool
    /// True while listeners block all 64 threads that call them, so that the others wait.
    public let areListenersWaiting: Bool
    /// The number of features.
    public let features: Int
    /// The number of requests that the client has sent.
    public let requests: Int64
    /// The number of attempts since the last success.
    public let attempts: Int
    /// The source of the features, such as `streaming` or `bootstrap`; nil before the first ones.
    public let source: String?
    /// The time since the Edge last sent or confirmed the features; nil if it never did.
    public let sinceContact: Duration?
    /// The age of the features; nil without features.
    public let dataAge: Duration?
    /// The time until the next attempt; nil if none is planned.
    public let nextAttempt: Duration?
    /// The version of the newest flag or segment of FeatBit, in milliseconds since 1970; nil before the first flags, and for other systems.
    public let cursor: Int64?
    /// The time by which the clock of FeatBit's server is ahead, if a refusal has shown that the clocks differ; nil otherwise.
    public let clockOffset: Duration?
    /// The numbers of failures and losses, such as `listenerPanics`, `droppedEvents` and `foreignFeatures`.
    public let counters: [String: Int64]

    private static let counted = [
        "listenerPanics", "interceptorPanics", "observerPanics", "refusedOverrides", "droppedEvents", "droppedUsage", "foreignFeatures",
        "diagnostics",
    ]

    init(_ json: Json) {
        func duration(_ name: String) -> Duration? { json[name].number.map { .seconds($0) } }
        readiness = Readiness(json["readiness"])
        connection = json["connection"].text ?? ""
        problem = json["problem"].text
        message = json["message"].text
        isStale = json["stale"].boolean ?? false
        isHolding = json["holding"].boolean ?? false
        areListenersWaiting = json["listenersWaiting"].boolean ?? false
        features = Int(json["features"].integer ?? 0)
        requests = json["requests"].integer ?? 0
        attempts = Int(json["attempts"].integer ?? 0)
        source = json["source"].text
        sinceContact = duration("secondsSinceContact")
        dataAge = duration("dataAgeSeconds")
        nextAttempt = duration("nextAttemptSeconds")
        cursor = json["cursor"].integer
        clockOffset = json["clockOffsetMillis"].integer.map { .milliseconds($0) }
        counters = Dictionary(uniqueKeysWithValues: Self.counted.map { ($0, json[$0].integer ?? 0) })
    }
}
