import Foundation

/// A value of an attribute: a text, a number, a Boolean, a time, a UUID, a URL, a list or a set of values, or nothing, which leaves the
/// attribute out. An enumeration with raw values is one, too: `enum Plan: String, AttributeValue { case gold }`.
public protocol AttributeValue: Sendable {
    /// The values as texts.
    var attributeTexts: [String] { get }
    /// True for a list, also for one with one element or none. Rules of FeatBit and FeatureSignals read the text of the whole list.
    var isAttributeList: Bool { get }
    /// Calls a function with each value as a text. Types with a single value need no list for it.
    func forEachText(_ use: (String) -> Void)
}

extension AttributeValue {
    public var isAttributeList: Bool { false }
    public func forEachText(_ use: (String) -> Void) { attributeTexts.forEach(use) }
}

extension AttributeValue where Self: RawRepresentable, Self.RawValue: AttributeValue {
    public var attributeTexts: [String] { rawValue.attributeTexts }
}

extension String: AttributeValue {
    public var attributeTexts: [String] { [self] }
    public func forEachText(_ use: (String) -> Void) { use(self) }
}

extension Substring: AttributeValue {
    public var attributeTexts: [String] { [String(self)] }
}

extension Character: AttributeValue {
    public var attributeTexts: [String] { [String(self)] }
}

extension Bool: AttributeValue {
    public var attributeTexts: [String] { [self ? "true" : "false"] }
}

extension AttributeValue where Self: FixedWidthInteger {
    public var attributeTexts: [String] { ["\(self)"] }
}

extension Int: AttributeValue {}
extension Int8: AttributeValue {}
extension Int16: AttributeValue {}
extension Int32: AttributeValue {}
extension Int64: AttributeValue {}
extension UInt: AttributeValue {}
extension UInt8: AttributeValue {}
extension UInt16: AttributeValue {}
extension UInt32: AttributeValue {}
extension UInt64: AttributeValue {}

extension Decimal: AttributeValue {
    public var attributeTexts: [String] { isFinite ? ["\(self)"] : [] }
}

extension AttributeValue where Self: BinaryFloatingPoint {
    /// The shortest decimal text that is this number, without an exponent. A number that is not finite leaves the attribute out.
    public var attributeTexts: [String] { isFinite ? [withoutExponent("\(self)")] : [] }
}

extension Double: AttributeValue {}
extension Float: AttributeValue {}
extension CGFloat: AttributeValue {}

/// Returns a number such as `1.5e-07` without an exponent, and without a fraction of zero.
private func withoutExponent(_ number: String) -> String {
    let sign = number.hasPrefix("-") ? "-" : ""
    let parts = number.dropFirst(sign.count).split(separator: "e")
    let digits = parts[0].split(separator: ".")
    let whole = String(digits[0])
    let fraction = digits.count < 2 || digits[1] == "0" ? "" : String(digits[1])
    let exponent = parts.count < 2 ? 0 : Int(parts[1]) ?? 0
    let zeros = String(repeating: "0", count: max(0, exponent < 0 ? -exponent - whole.count : exponent - fraction.count))
    let all = exponent < 0 ? zeros + whole + fraction : whole + fraction + zeros
    let point = exponent < 0 ? 0 : whole.count + exponent
    let (before, after) = (String(all.prefix(point)), String(all.dropFirst(point)))
    return sign + (before.isEmpty ? "0" : before) + (after.isEmpty ? "" : ".\(after)")
}

extension URL: AttributeValue {
    public var attributeTexts: [String] { [absoluteString] }
}

extension UUID: AttributeValue {
    /// The text in lower case, as in other languages.
    public var attributeTexts: [String] { [uuidString.lowercased()] }
}

extension Date: AttributeValue {
    /// The time in UTC, such as `2026-11-28T08:15:00.000Z`. One outside of the years 1 to 9999 is the nearest one inside. A date that is no number
    /// leaves the attribute out.
    public var attributeTexts: [String] {
        guard !timeIntervalSince1970.isNaN else { return [] }
        let seconds = min(max(timeIntervalSince1970, -62_135_596_800), 253_402_300_799.999)
        // Most milliseconds have no exact number of seconds since 1970 or 2001, and the nearest number may be a smaller one.
        let inexact = max(seconds.ulp, (seconds - Self.timeIntervalBetween1970AndReferenceDate).ulp)
        let millis = Int(((seconds + inexact) * 1000).rounded(.down))
        let ofDay = (millis % 86_400_000 + 86_400_000) % 86_400_000
        let (year, month, day) = Self.civil(days: (millis - ofDay) / 86_400_000)
        let parts = [(year, 4), (month, 2), (day, 2), (ofDay / 3_600_000, 2), (ofDay / 60_000 % 60, 2), (ofDay / 1000 % 60, 2), (ofDay % 1000, 3)]
        let texts = parts.map { number, width in String(repeating: "0", count: width - "\(number)".count) + "\(number)" }
        return ["\(texts[0])-\(texts[1])-\(texts[2])T\(texts[3]):\(texts[4]):\(texts[5]).\(texts[6])Z"]
    }

    /// The day of the calendar that is a number of days after 1970-01-01. Years begin in March here, so that a leap day is the last day of one.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let since = days + 719_468
        let era = since / 146_097
        let ofEra = since % 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * ofYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        return (era * 400 + yearOfEra + (month < 3 ? 1 : 0), month, ofYear - (153 * march + 2) / 5 + 1)
    }
}

extension Array: AttributeValue where Element: AttributeValue {
    public var attributeTexts: [String] { flatMap(\.attributeTexts) }
    public var isAttributeList: Bool { true }
}

extension Set: AttributeValue where Element: AttributeValue {
    /// The texts in their order, because that of a set differs from process to process.
    public var attributeTexts: [String] { flatMap(\.attributeTexts).sorted() }
    public var isAttributeList: Bool { true }
}

extension Optional: AttributeValue where Wrapped: AttributeValue {
    public var attributeTexts: [String] { map(\.attributeTexts) ?? [] }
    public var isAttributeList: Bool { self?.isAttributeList ?? false }
}

/// The texts of an attribute in a context that exists.
struct AttributeTexts: AttributeValue {
    let attributeTexts: [String]
    let isAttributeList: Bool

    /// The attribute as requests have it.
    var json: Json { isAttributeList ? .list(attributeTexts.map { .text($0) }) : .text(attributeTexts[0]) }
}
