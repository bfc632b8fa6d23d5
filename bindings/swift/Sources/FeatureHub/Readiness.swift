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
