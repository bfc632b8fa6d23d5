import Foundation
internal import FeatureHubNative

/// Compiled features, which are evaluated without a client.
public final class Ruleset: Sendable {
    private let native: NativeObject

    /// Compiles features. The payload is a JSON list of features, or the body of a poll's response.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if the payload cannot be read
    public init(json payload: String, profile: Profile = .client) throws {
        native = try object(["new": .text("rules"), "payload": .text(payload), "profile": .text(profile.rawValue)])
    }

    /// The keys of the features.
    public var keys: [String] { native.answer("keys").texts }

    /// A text for each part of the features that could not be used.
    public var diagnostics: [String] { native.answer("diagnostics").texts }

    /// Returns the value of a feature for a context; with `kind`, only a value of this type.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if there is no such feature
    public func evaluate(_ key: String, _ attributes: [String: any AttributeValue]? = nil, kind: String? = nil, now: Date? = nil) throws
        -> Evaluation
    {
        var members = request(key, attributes, now)
        members["kind"] = kind.map { .text($0) }
        return Evaluation(try native.perform("evaluate", members))
    }

    /// Returns the steps of the same evaluation as a text for people.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if there is no such feature
    public func explain(_ key: String, _ attributes: [String: any AttributeValue]? = nil, now: Date? = nil) throws -> String {
        try native.perform("explain", request(key, attributes, now)).text ?? ""
    }

    private func request(_ key: String, _ attributes: [String: any AttributeValue]?, _ now: Date?) -> [String: Json] {
        let members: [String: Json?] = [
            "key": .text(key), "context": attributes.map { PackedAttributes($0).json },
            "nowMillis": now.map { .integer($0.millis) },
        ]
        return members.compactMapValues { $0 }
    }
}

/// The value of a feature for one context, from a ``Ruleset``.
public struct Evaluation: Sendable, Equatable {
    /// The key of the feature.
    public let key: String
    /// The value; nil if there is none.
    public let value: Value?
    /// The type of the feature; nil if it is unknown.
    public let kind: String?
    /// The reason for the value.
    public let reason: String
    /// True if the feature has a value for the context, of whatever type.
    public let isSet: Bool
    /// The id of the strategy that matched; nil if none did.
    public let strategyId: String?
    /// The position of the strategy that matched, from 0; nil if none did.
    public let strategyPosition: Int?
    /// True if the feature is locked.
    public let isLocked: Bool
    /// The version of the feature's value.
    public let version: Int64
    /// The properties of the feature.
    public let properties: [String: String]

    init(_ json: Json) {
        key = json["key"].text ?? ""
        value = Value(json["value"])
        kind = json["kind"].text
        reason = json["reason"].text ?? ""
        isSet = json["isSet"].boolean ?? false
        strategyId = json["strategyId"].text
        strategyPosition = json["strategyPosition"].integer.map { Int($0) }
        isLocked = json["isLocked"].boolean ?? false
        version = json["version"].integer ?? -1
        properties = json["properties"].members.compactMapValues(\.text)
    }
}
