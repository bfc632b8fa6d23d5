/// A change of a feature's value or lock.
public struct Change: Sendable, Equatable {
    /// The key of the feature.
    public let key: String
    /// The value that this listener saw last; nil if there was none.
    public let old: Value?
    /// The present value; nil if there is none.
    public let new: Value?
    /// True if the feature was locked before.
    public let wasLocked: Bool
    /// True if the feature is locked now.
    public let isLocked: Bool
    /// True if the feature exists.
    public let exists: Bool
    /// The version of the feature's value; -1 if the feature does not exist.
    public let version: Int64
    /// The generation of the state in which the change was seen.
    public let generation: Int64

    init(_ json: Json) {
        key = json["key"].text ?? ""
        old = Value(json["old"])
        new = Value(json["new"])
        wasLocked = json["wasLocked"].boolean ?? false
        isLocked = json["isLocked"].boolean ?? false
        exists = json["exists"].boolean ?? false
        version = json["version"].integer ?? -1
        generation = json["generation"].integer ?? 0
    }
}
