/// A value with its reason and the data of its feature.
public struct Detail: Sendable, Equatable {
    /// The key that was read.
    public let key: String
    /// The value; nil if there is none.
    public let value: Value?
    /// The type of the feature: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`; nil if the feature does not exist or its type is unknown.
    public let kind: String?
    /// The reason for the value, such as `STRATEGY_MATCH`, `DEFAULT` or `NOT_FOUND`.
    public let reason: String
    /// The id of the strategy that matched; nil if none did.
    public let strategyId: String?
    /// The name of the interceptor that returned the value; nil if none did.
    public let interceptor: String?
    /// True if the feature exists.
    public let exists: Bool
    /// The version of the feature's value; -1 if the feature does not exist.
    public let version: Int64
    /// The id of the feature; nil if it is unknown.
    public let id: String?
    /// The id of the feature's environment; nil if it is unknown.
    public let environment: String?
    /// True if the feature is locked.
    public let isLocked: Bool
    /// True if the Edge has said that its features are no longer updated.
    public let isStale: Bool
    /// The source of the features; nil before the first ones.
    public let source: String?
    /// The generation of the state that was read.
    public let generation: Int64
    /// The properties of the feature.
    public let properties: [String: String]

    init(_ packed: inout Unpacking) {
        key = packed.text()
        value = Value(&packed)
        kind = packed.optional()
        reason = packed.text()
        strategyId = packed.optional()
        interceptor = packed.optional()
        id = packed.optional()
        environment = packed.repeated()
        source = packed.optional()
        exists = packed.boolean()
        isLocked = packed.boolean()
        isStale = packed.boolean()
        version = packed.number(Int64.self)
        generation = packed.number(Int64.self)
        var properties: [String: String] = [:]
        for _ in 0..<packed.number(UInt32.self) {
            let name = packed.text()
            properties[name] = packed.text()
        }
        self.properties = properties
    }
}
