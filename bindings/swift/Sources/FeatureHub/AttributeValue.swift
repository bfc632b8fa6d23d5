import Foundation

/// A value of an attribute: a text, a number, a Boolean, a list of values, or nothing, which leaves the attribute out.
public protocol AttributeValue: Sendable {
    /// The values as texts.
    var attributeTexts: [String] { get }
}

extension String: AttributeValue {
    public var attributeTexts: [String] { [self] }
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

/// Returns the attributes with their values as texts. An attribute without a value is left out.
func texts(_ attributes: [String: any AttributeValue]) -> [String: [String]] {
    // Key paths in place of the closures would take a third of the time of a context. A filter builds the dictionary again.
    let texts = attributes.mapValues { $0.attributeTexts }
    return texts.values.contains { $0.isEmpty } ? texts.filter { !$0.value.isEmpty } : texts
}
