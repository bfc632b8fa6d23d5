import Foundation

/// The value of a feature.
public enum Value: Sendable, Hashable {
    /// The value of a BOOLEAN feature.
    case boolean(Bool)
    /// The value of a STRING feature.
    case string(String)
    /// The value of a NUMBER feature.
    case number(Decimal)
    /// The text of a JSON feature.
    case json(String)

    init?(_ json: Json) {
        guard let (kind, value) = json.members.first else { return nil }
        switch (kind, value) {
        case ("boolean", .boolean(let value)): self = .boolean(value)
        case ("text", .text(let text)): self = .string(text)
        case ("json", .text(let text)): self = .json(text)
        case ("number", .text(let digits)):
            guard let number = Decimal(digits: digits) else { return nil }
            self = .number(number)
        default: return nil
        }
    }
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
    /// Reads the digits of a number, whatever the language of the user is.
    init?(digits: String) {
        self.init(string: digits, locale: Locale(identifier: "en_US_POSIX"))
    }
}
