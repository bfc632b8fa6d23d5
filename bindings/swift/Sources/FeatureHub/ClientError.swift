/// An operation of a client failed.
public enum ClientError: Error, Sendable, Equatable {
    /// An argument or a setting is wrong. The text says which one, and what to write instead.
    case invalid(String)
    /// The client has no features, because the Edge refuses it, or because the time is over. `problem` is the short name of the reason,
    /// such as `unauthorised` or `unreachable`.
    case notReady(String, problem: String?)
    /// The client is closed.
    case closed(String)
    /// The Edge could not be reached, or its response was an error. `problem` is its short name.
    case edge(String, problem: String)
    /// The Edge rejected a test update, or the client did not receive the change. `status` is the HTTP status of the rejection.
    case refused(String, reason: String, status: Int?)

    init(_ failure: Json) {
        let text = failure["message"].text ?? "the operation failed"
        let code = failure["code"].text
        self = switch failure["kind"].text {
        case "notReady", "timedOut": .notReady(text, problem: code)
        case "closed": .closed(text)
        case "edge": .edge(text, problem: code ?? "other")
        case "refused": .refused(text, reason: code ?? "unexpected", status: failure["status"].integer.map { Int($0) })
        default: .invalid(text)
        }
    }
}

extension ClientError: CustomStringConvertible {
    /// The text for people.
    public var description: String {
        switch self {
        case .invalid(let text), .notReady(let text, _), .closed(let text), .edge(let text, _), .refused(let text, _, _): text
        }
    }
}
