/// The readiness, the connection and the problem of a client, for a listener.
public struct StatusChange: Sendable, Equatable {
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

/// An update that changed features visibly.
public struct NewState: Sendable, Equatable {
    /// True if catch & release holds the update back.
    public let isHeld: Bool
    /// The keys of the features that changed.
    public let keys: [String]

    init(_ json: Json) {
        isHeld = json["isHeld"].boolean ?? false
        keys = json["keys"].texts
    }
}

/// The unchanged text of an update.
public struct RawUpdate: Sendable, Equatable {
    /// The kind of an update.
    public enum Kind: String, Sendable {
        /// All features of an environment.
        case list
        /// One feature.
        case feature
        /// The deletion of a feature.
        case delete
    }

    /// The source of the update.
    public let source: String
    /// The id of the environment; nil if the update may hold several environments.
    public let environment: String?
    /// The kind of the update.
    public let kind: Kind
    /// The JSON text.
    public let json: String

    init(_ json: Json) {
        source = json["source"].text ?? ""
        environment = json["environment"].text
        kind = json["kind"].text.flatMap { Kind(rawValue: $0) } ?? .list
        self.json = json["json"].text ?? ""
    }
}

/// An unusual event that does not stop the client.
public struct Notice: Sendable, Equatable, CustomStringConvertible {
    /// The name of the kind of event, such as `fell_back_to_polling`.
    public let kind: String
    /// The text for people.
    public let description: String

    init(_ json: Json) {
        kind = json["kind"].text ?? ""
        description = json["text"].text ?? ""
    }
}
