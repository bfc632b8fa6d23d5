import Foundation

/// The reads of a client and of a context. They use the features in memory, and never wait for the Edge.
public protocol Reads: Sendable {
    /// The client: that of the context, or the client itself.
    var client: Client { get }
    /// The native part. Programs do not use it.
    var reader: Reader { get }
}

extension Reads {
    /// Returns true if the feature is a BOOLEAN with the value true.
    public func isEnabled(_ key: String) -> Bool { reader.reads.boolean(key: key) == 1 }

    /// Returns the value of a BOOLEAN feature, or nil.
    public func boolean(_ key: String) -> Bool? {
        switch reader.reads.boolean(key: key) {
        case 1: true
        case 0: false
        default: nil
        }
    }

    /// Returns the value of a BOOLEAN feature, or the default.
    public func boolean(_ key: String, default other: Bool) -> Bool { boolean(key) ?? other }

    /// Returns the value of a STRING feature, or nil.
    public func string(_ key: String) -> String? { unmarked(reader.reads.text(key: key)) }

    /// Returns the value of a STRING feature, or the default.
    public func string(_ key: String, default other: String) -> String { string(key) ?? other }

    /// Returns the nearest double to the value of a NUMBER feature, or nil.
    public func number(_ key: String) -> Double? {
        let number = reader.reads.number(key: key)
        return number.isNaN ? nil : number
    }

    /// Returns the nearest double to the value of a NUMBER feature, or the default.
    public func number(_ key: String, default other: Double) -> Double { number(key) ?? other }

    /// Returns the value of a NUMBER feature with all digits that a `Decimal` has, or nil.
    public func decimal(_ key: String) -> Decimal? { unmarked(reader.reads.decimal(key: key)).flatMap { Decimal(digits: $0) } }

    /// Returns the text of a JSON feature, or nil.
    public func json(_ key: String) -> String? { unmarked(reader.reads.json(key: key)) }

    /// Returns the value of a JSON feature, decoded as this type; nil if there is no value.
    ///
    /// - Throws: `DecodingError` if the value does not have the form of the type
    public func json<Decoded: Decodable>(
        _ key: String, as type: Decoded.Type, with decoder: JSONDecoder = JSONDecoder()
    ) throws -> Decoded? {
        try json(key).map { try decoder.decode(type, from: Data($0.utf8)) }
    }

    /// Returns the value with its reason.
    public func detail(_ key: String) -> Detail { Unpacking.detail(reader.reads.detail(key: key)) }

    /// Returns the value with its reason, if the feature has this type: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if there is no such type
    public func detail(_ key: String, kind: String) throws -> Detail {
        Unpacking.detail(try checked { try reader.reads.detailAs(key: key, kind: kind) })
    }

    /// Returns the value with its reason, and reports no use of the feature.
    public func peek(_ key: String) -> Detail { Unpacking.detail(reader.reads.peek(key: key)) }

    /// Returns the details of all features of one state, and reports no use.
    public func values() -> [Detail] { Unpacking.details(reader.reads.values()) }

    /// Returns the steps of the evaluation as a text for people.
    public func explain(_ key: String) -> String { reader.reads.explain(key: key) }

    /// Reports an event with the values of all features to observers. A parameter is any value that can be encoded as JSON.
    ///
    /// - Throws: `EncodingError` if a parameter cannot be encoded
    public func record(_ name: String, params: [String: any Encodable & Sendable] = [:]) throws {
        let params = try params.mapValues { try Json(encoding: $0) }
        _ = try reader.client.perform("record", ["name": .text(name), "params": .object(params), "context": reader.given])
    }

    /// Calls a function when the value of the feature, or its lock, changes. A function that throws an error is counted, and called again.
    @discardableResult
    public func onChange(_ key: String, _ listener: @escaping @Sendable (Change) throws -> Void) -> Subscription {
        reader.register(.change(key, reader.given, listener))
    }

    /// Returns the changes of the feature from now on, until the task that iterates is cancelled or the client has ended.
    public func changes(of key: String) -> AsyncStream<Change> {
        reader.events { yield in onChange(key, yield) }
    }
}
