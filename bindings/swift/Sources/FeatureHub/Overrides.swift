internal import FeatureHubNative

/// Overrides of values that a program has outside the client. Several clients can use them.
public protocol Overrides: Sendable {
    /// The native part. Programs do not use it.
    var source: OverrideSource { get }
}

/// The native part of overrides. Programs do not use it.
public struct OverrideSource: Sendable {
    let native: NativeObject
    let locks: LockPolicy
}

/// Whether an override replaces the value of a locked feature.
public enum IfLocked: String, Sendable {
    /// A locked feature keeps its value.
    case keep
    /// The override replaces the value of a locked feature, too.
    case override
}

/// Overrides in memory, which a program sets and deletes, for example for testers who try a feature out. Listeners are notified of the
/// changes. A value that does not fit the type of its feature has no effect, and a notice says so.
public final class MemoryOverrides: Overrides {
    public let source: OverrideSource

    /// The override of one feature.
    public struct Entry: Sendable, Equatable {
        /// The value; nil if reads have no value.
        public let value: Value?
        /// Whether the override replaces the value of a locked feature.
        public let ifLocked: IfLocked
    }

    /// Creates overrides for no feature yet.
    public init() throws {
        source = OverrideSource(native: try object(["new": .text("overrides")]), locks: .decide)
    }

    /// Overrides a feature, which need not exist; nil for no value.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if the value is a number that is not finite
    public func set(_ key: String, _ value: Value?, ifLocked: IfLocked = .keep) throws {
        try source.native.perform("set", ["key": .text(key), "value": Value.written(value), "ifLocked": .text(ifLocked.rawValue)])
    }

    /// Ends the override of a feature.
    public func delete(_ key: String) { _ = source.native.answer("delete", ["key": .text(key)]) }

    /// Ends all overrides.
    public func clear() { _ = source.native.answer("clear") }

    /// The overrides by their keys.
    public var entries: [String: Entry] {
        source.native.answer("entries").members.mapValues { entry in
            let ifLocked = entry["ifLocked"].text.flatMap { IfLocked(rawValue: $0) } ?? .keep
            return Entry(value: Value(entry["value"]), ifLocked: ifLocked)
        }
    }
}

/// Overrides from the member `flagValues` of a YAML file, which clients watch.
public final class YamlOverrides: Overrides {
    public let source: OverrideSource

    /// Reads a file. Without a path, the environment variable `FEATUREHUB_LOCAL_YAML` names it, or it is `featurehub-features.yaml`.
    public init(_ path: String? = nil) throws {
        source = OverrideSource(native: try object(["new": .text("yaml"), "path": path.map { .text($0) } ?? .null]), locks: .respect)
    }

    /// The reason why the version of the file that was read last is not in use; nil if it is.
    public var problem: String? { source.native.answer("problem").text }
}

/// Overrides from the environment variables `FEATUREHUB_FEATURE_KEY` and `FEATUREHUB_KEY`, read when the object is created. They have an
/// effect only if `FEATUREHUB_OVERRIDE_FEATURES` is `true`.
public final class EnvironmentOverrides: Overrides {
    public let source: OverrideSource

    public init() throws {
        source = OverrideSource(native: try object(["new": .text("environment")]), locks: .respect)
    }

    /// True if `FEATUREHUB_OVERRIDE_FEATURES` is `true`.
    public var isOn: Bool { source.native.answer("isOn").boolean ?? false }
}

/// Makes an object of the native library.
func object(_ members: [String: Json]) throws -> NativeObject {
    let request = try Json.object(members).written
    return try checked { try NativeObject.make(request: request) }
}
