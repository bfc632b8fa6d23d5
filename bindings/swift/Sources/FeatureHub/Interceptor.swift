internal import FeatureHubNative

/// The decision of an interceptor.
public enum Decision: Sendable, Equatable {
    /// The next interceptor decides, and then the rules of the feature.
    case next
    /// The read returns this value; nil for no value.
    case override(Value?)
}

/// The effect of an interceptor on locked features.
public enum LockPolicy: String, Sendable {
    /// The interceptor is not called for locked features.
    case respect
    /// The interceptor overrides locked features, too.
    case override
    /// The interceptor is called for locked features, and decides about them itself.
    case decide
}

/// A read that an interceptor may override. Its text shows no attributes, which are personal data.
public struct InterceptedRead: Sendable, CustomStringConvertible {
    /// The key that is read. A feature with this key need not exist.
    public let key: String
    /// The type of the feature: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`; nil if the feature does not exist or its type is unknown.
    public let kind: String?
    /// True if the feature exists.
    public let exists: Bool
    /// True if the feature is locked.
    public let isLocked: Bool
    /// The version of the feature's value; -1 if the feature does not exist.
    public let version: Int64
    /// The attributes of the context; nil for a read without a context.
    public let attributes: [String: [String]]?

    public var description: String { "InterceptedRead(\(key))" }

    init(_ json: Json) {
        key = json["key"].text ?? ""
        kind = json["kind"].text
        exists = json["exists"].boolean ?? false
        isLocked = json["isLocked"].boolean ?? false
        version = json["version"].integer ?? -1
        attributes = json["attributes"].attributes
    }
}

/// An interceptor, or overrides of the program, with the effect on locked features.
public struct Interception: Sendable {
    let part: Part

    /// An interceptor with a name, which details and usage events show. It is called within each read, on the thread of the read, so it
    /// must be quick. It may read other features.
    public init(_ name: String, locks: LockPolicy = .respect, _ intercept: @escaping @Sendable (InterceptedRead) throws -> Decision) {
        let function = Function(deciding: { read in
            switch try intercept(InterceptedRead(Json(parsing: read))) {
            case .next: nil
            case .override(let value): try Value.written(value).written
            }
        })
        part = Part(["is": .text("interceptor"), "name": .text(name), "locks": .text(locks.rawValue)], function)
    }

    /// Overrides of the program. By default, overrides in memory decide about locked features by ``IfLocked``, and others respect the lock.
    public init(_ overrides: some Overrides, locks: LockPolicy? = nil) {
        let source = overrides.source
        let locks = locks ?? source.locks
        part = Part(["is": .text("overrides"), "locks": .text(locks.rawValue)], source.native)
    }
}
