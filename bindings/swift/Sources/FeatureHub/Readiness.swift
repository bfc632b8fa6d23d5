/// The readiness of a client, which shows if the client has features to evaluate.
public enum Readiness: String, Sendable {
    /// The client has no features yet.
    case notReady = "NOT_READY"
    /// The client has features.
    case ready = "READY"
    /// The Edge refuses the client. Reads return the last known values.
    case failed = "FAILED"
    /// The client is closed. Reads return the last known values.
    case closed = "CLOSED"

    init(_ json: Json) {
        self = json.text.flatMap { Readiness(rawValue: $0) } ?? .notReady
    }
}

/// The readiness, the connection and the problem of a client.
public struct Status: Sendable, Equatable {
    /// The readiness.
    public let readiness: Readiness
    /// The state of the connection, such as `streaming`.
    public let connection: String
    /// The short name of the last problem, such as `unreachable`; nil if there is none.
    public let problem: String?
    /// The text of the last problem, without API keys; nil if there is none.
    public let message: String?

    init(_ json: Json) {
        readiness = Readiness(json["readiness"])
        connection = json["connection"].text ?? ""
        problem = json["problem"].text
        message = json["message"].text
    }
}
