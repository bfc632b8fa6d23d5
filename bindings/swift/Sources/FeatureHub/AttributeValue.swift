import Foundation

/// A value of an attribute: a text, a number, a Boolean, a time, a UUID, a list of values, or nothing, which leaves the attribute out.
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
}

extension Optional: AttributeValue where Wrapped: AttributeValue {
    public var attributeTexts: [String] { map(\.attributeTexts) ?? [] }
}
