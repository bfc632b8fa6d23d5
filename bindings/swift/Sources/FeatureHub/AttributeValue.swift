import Foundation

/// A value of an attribute: a text, a number, a Boolean, a list of values, or nothing, which leaves the attribute out.
public protocol AttributeValue: Sendable {
    /// The values as texts.
    var attributeTexts: [String] { get }
    /// Calls a function with each value as a text. Types with a single value need no list for it.
    func forEachText(_ use: (String) -> Void)
}

extension AttributeValue {
    public func forEachText(_ use: (String) -> Void) { attributeTexts.forEach(use) }
}

extension String: AttributeValue {
    public var attributeTexts: [String] { [self] }
    public func forEachText(_ use: (String) -> Void) { use(self) }
}

extension Bool: AttributeValue {
    public var attributeTexts: [String] { [self ? "true" : "false"] }
}

extension Int: AttributeValue {
    public var attributeTexts: [String] { ["\(self)"] }
}

extension Decimal: AttributeValue {
    public var attributeTexts: [String] { isFinite ? ["\(self)"] : [] }
}

extension Double: AttributeValue {
    /// The shortest decimal text that is this number, without an exponent. A number that is not finite leaves the attribute out.
    public var attributeTexts: [String] {
        guard isFinite else { return [] }
        return Decimal(digits: "\(self)").map(\.attributeTexts) ?? []
    }
}

extension Array: AttributeValue where Element: AttributeValue {
    public var attributeTexts: [String] { flatMap(\.attributeTexts) }
}

extension Optional: AttributeValue where Wrapped: AttributeValue {
    public var attributeTexts: [String] { map(\.attributeTexts) ?? [] }
}
