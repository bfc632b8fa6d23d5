import Foundation

/// The value of a feature.
public enum Value: Sendable, Hashable {
    /// The value of a BOOLEAN feature.
    case boolean(Bool)
    /// The value of a STRING feature.
    case string(String)
    /// The value of a NUMBER feature. A number that no `Decimal` has, such as 1e200, is a ``string(_:)`` with its digits.
    case number(Decimal)
    /// The text of a JSON feature.
    case json(String)

    init?(_ packed: inout Unpacking) {
        let kind = packed.letter()
        let text = packed.text()
        switch kind {
        case UInt8(ascii: "f"): self = .boolean(false)
        case UInt8(ascii: "t"): self = .boolean(true)
        case UInt8(ascii: "s"): self = .string(text)
        case UInt8(ascii: "j"): self = .json(text)
        case UInt8(ascii: "n"): self = Self.read(digits: text)
        default: return nil
        }
    }

    init?(_ json: Json) {
        guard let (kind, value) = json.members.first else { return nil }
        switch (kind, value) {
        case ("boolean", .boolean(let value)): self = .boolean(value)
        case ("text", .text(let text)): self = .string(text)
        case ("json", .text(let text)): self = .json(text)
        case ("number", .text(let digits)): self = Self.read(digits: digits)
        default: return nil
        }
    }

    private static func read(digits: String) -> Value { Decimal(digits: digits).map { .number($0) } ?? .string(digits) }

    /// The value as requests have it.
    static func written(_ value: Value?) -> Json {
        switch value {
        case nil: .text("null")
        case .boolean(let value): .object(["boolean": .boolean(value)])
        case .string(let text): .object(["text": .text(text)])
        case .number(let number): .object(["number": .text("\(number)")])
        case .json(let text): .object(["json": .text(text)])
        }
    }
}

extension Value: ExpressibleByBooleanLiteral, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    public init(booleanLiteral value: Bool) { self = .boolean(value) }

    public init(stringLiteral text: String) { self = .string(text) }

    public init(integerLiteral number: Int) { self = .number(Decimal(number)) }

    /// The shortest decimal that is this double.
    public init(floatLiteral number: Double) { self = .number(Decimal(digits: "\(number)") ?? Decimal(number)) }
}

extension Value: CustomStringConvertible {
    /// The text of the value.
    public var description: String {
        switch self {
        case .boolean(let value): "\(value)"
        case .string(let text), .json(let text): text
        case .number(let number): "\(number)"
        }
    }
}

extension Decimal {
    /// Reads the digits of a number, whatever the language of the user is. The exponents of decimals have 8 bits.
    init?(digits: String) {
        self.init(string: digits, locale: Locale(identifier: "en_US_POSIX"))
        if isNaN { return nil }
    }
}
