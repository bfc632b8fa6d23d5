internal import FeatureHubNative

/// The change of a feature at the Edge: a value, a lock, or both.
public struct Update: Sendable {
    let members: [String: Json]

    /// Changes nothing yet.
    public init() { members = [:] }

    private init(_ members: [String: Json]) { self.members = members }

    /// Returns the update with the value in addition; nil for no value.
    public func value(_ value: Value?) -> Update { adding("value", Value.written(value)) }

    /// Returns the update that locks the feature, too.
    public func lock() -> Update { adding("lock", .boolean(true)) }

    /// Returns the update that unlocks the feature, too.
    public func unlock() -> Update { adding("lock", .boolean(false)) }

    private func adding(_ name: String, _ value: Json) -> Update { Update(members.merging([name: value]) { $1 }) }
}

/// The outcome of a test update.
public enum Outcome: String, Sendable {
    /// The Edge has changed the feature.
    case accepted
    /// The feature was so already.
    case unchanged
}

/// Changes of features at the Edge, for tests. A rejected update is ``ClientError/refused(_:reason:status:)``.
public struct TestUpdates: Sendable {
    let client: NativeClient
    let apiKey: String?

    /// Changes a feature, and waits until the Edge has answered.
    @discardableResult
    public func set(_ key: String, _ update: Update) async throws -> Outcome { try await send(key, update, until: "answered") }

    /// Changes a feature, and waits until the client has received the change.
    @discardableResult
    public func setAndWait(_ key: String, _ update: Update) async throws -> Outcome { try await send(key, update, until: "received") }

    private func send(_ key: String, _ update: Update, until: String) async throws -> Outcome {
        var members = update.members
        members["key"] = .text(key)
        members["until"] = .text(until)
        members["apiKey"] = apiKey.map { .text($0) }
        let outcome = try await client.begin("update", members)
        return outcome.text.flatMap { Outcome(rawValue: $0) } ?? .accepted
    }
}
