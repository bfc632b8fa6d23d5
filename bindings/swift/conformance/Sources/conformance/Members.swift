import FeatureHub
import Foundation

/// The members of a JSON object of the protocol. A member with the value null is missing.
struct Members: Sendable {
    private let json: [String: Json]

    private init(_ json: Json) throws {
        guard case .object(let members) = json else { throw AdapterError.misuse("\(json) is not an object") }
        self.json = members
    }

    init(line: String) throws {
        try self.init(Json(parsing: line))
    }

    subscript(name: String) -> Json { json[name] ?? .null }

    /// Returns true if there is a member with this name, even with the value null.
    func contains(_ name: String) -> Bool { json[name] != nil }

    func text(_ name: String) -> String? {
        if case .text(let text) = self[name] { text } else { nil }
    }

    /// Returns the text of a member that the command must have.
    func given(_ name: String) throws -> String {
        guard let text = text(name) else { throw AdapterError.misuse("the member `\(name)` is missing") }
        return text
    }

    func flag(_ name: String) -> Bool { self[name] == .boolean(true) }

    func number(_ name: String) -> Double? {
        if case .number(let number) = self[name] { NSDecimalNumber(decimal: number).doubleValue } else { nil }
    }

    /// Returns a duration, which the protocol gives in milliseconds.
    func millis(_ name: String) -> Duration? { number(name).map { .nanoseconds(Int64($0 * 1e6)) } }

    /// Returns a value of a feature; nil for null.
    func value(_ name: String) -> Value? { self[name].value }

    /// Returns an object with the attributes of a context, as a program would write them.
    func attributes(_ name: String) -> [String: any AttributeValue]? {
        if case .object(let members) = self[name] { members.mapValues(\.attribute) } else { nil }
    }

    func object(_ name: String) -> [String: Json]? {
        if case .object(let members) = self[name] { members } else { nil }
    }

    func texts(_ name: String) -> [String]? {
        guard case .list(let elements) = self[name] else { return nil }
        return elements.flatMap(\.attribute.attributeTexts)
    }

    func members(_ name: String) throws -> Members? { self[name] == .null ? nil : try Members(self[name]) }

    func list(_ name: String) throws -> [Members] {
        if case .list(let elements) = self[name] { try elements.map { try Members($0) } } else { [] }
    }
}

extension Json {
    /// The value of a feature; nil for null.
    var value: Value? {
        switch self {
        case .boolean(let value): .boolean(value)
        case .number(let number): .number(number)
        case .text(let text): .string(text)
        default: nil
        }
    }

    /// The value of an attribute. A whole number is an `Int`, and another one a `Double`.
    fileprivate var attribute: any AttributeValue {
        switch self {
        case .boolean(let value): value
        case .number(let number): Int("\(number)") ?? NSDecimalNumber(decimal: number).doubleValue
        case .text(let text): text
        case .list(let elements): elements.flatMap(\.attribute.attributeTexts)
        case .null, .object: String?.none
        }
    }

    /// A value of a feature as JSON. JSON features have texts.
    init(_ value: Value?) {
        self = switch value {
        case nil: .null
        case .boolean(let value): .boolean(value)
        case .number(let number): number.isFinite ? .number(number) : .null
        case .string(let text), .json(let text): .text(text)
        }
    }

    static func attributes(_ attributes: [String: [String]]?) -> Json {
        attributes.map { .object($0.mapValues { .list($0.map { .text($0) }) }) } ?? .null
    }

    static func texts(_ texts: [String: String]) -> Json { .object(texts.mapValues { .text($0) }) }
}
