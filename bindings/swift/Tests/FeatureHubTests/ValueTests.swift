import XCTest

@testable import FeatureHub

final class ValueTests: XCTestCase {
    func testAttributesAreTextsAndValuesThatAreNoneAreLeftOut() {
        let given: [String: any AttributeValue] = [
            "text": "mara", "integer": 5, "double": 0.1, "small": 1e-7, "large": 1e20, "boolean": true,
            "decimal": Decimal(string: "0.10")!, "list": ["a", "b"], "none": String?.none, "infinite": Double.infinity, "empty": [String](),
        ]
        XCTAssertEqual(
            PackedAttributes(given).texts,
            [
                "text": ["mara"], "integer": ["5"], "double": ["0.1"], "small": ["0.0000001"], "large": ["100000000000000000000"],
                "boolean": ["true"], "decimal": ["0.1"], "list": ["a", "b"],
            ])
    }

    /// The table is that of the clients in all languages.
    func testTimesAndUUIDsAreTexts() throws {
        let table = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../../conformance/attribute-texts.json").standardized
        let cases = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(contentsOf: table)) as? [String: Any])["cases"] as? [[String: String]]
        var seen = 0
        for known in try XCTUnwrap(cases) {
            let value: any AttributeValue
            if let uuid = known["uuid"] {
                value = try XCTUnwrap(UUID(uuidString: uuid))
            } else if let instant = known["instant"] {
                value = try Date.ISO8601FormatStyle(includingFractionalSeconds: instant.contains(".")).parse(instant)
            } else {
                continue
            }
            seen += 1
            XCTAssertEqual(value.attributeTexts, [known["text"]], "\(known)")
        }
        XCTAssertEqual(seen, 8)
        XCTAssertEqual(Date(timeIntervalSince1970: .infinity).attributeTexts, ["9999-12-31T23:59:59.999Z"])
        XCTAssertEqual(Date(timeIntervalSince1970: .nan).attributeTexts, [])
    }

    func testAWrongSettingIsAnErrorThatNamesTheSetting() {
        var settings = Settings()
        settings.backoff = Backoff(jitter: 2)
        XCTAssertThrowsError(try Client("http://localhost", apiKeys: "environment/client*key", settings: settings)) { error in
            XCTAssertTrue("\(error)".contains("jitter"), "\(error)")
        }
    }

    func testAttributesReachTheLibraryWithAllCharacters() throws {
        let reads = Records()
        let client = try offline("STRING", #""red""#) { settings in
            settings.interceptors = [Interception("own") { reads.add("\($0.attributes ?? [:])"); return .next }]
        }
        _ = client.context(["🦆": ["Zoë", "𝄞\0"]]).string("F")
        XCTAssertEqual(reads.all, ["\(["🦆": ["Zoë", "𝄞\0"]])"])
    }

    /// Each line: the type and the value of a feature on the wire, and the value that a program reads.
    func testValuesOfEachTypeReachTheProgram() throws {
        let table: [(kind: String, wire: String, value: Value)] = [
            ("BOOLEAN", "true", .boolean(true)),
            ("STRING", #""""#, .string("")),
            ("STRING", #""𝄞 and \u0000""#, .string("𝄞 and \0")),
            // The last letter and the mark that the library appends are one character.
            ("STRING", #""🦆\u0600""#, .string("🦆\u{600}")),
            ("NUMBER", "0.1", .number(Decimal(string: "0.1")!)),
            ("NUMBER", "12345678901234567890.5", .number(Decimal(string: "12345678901234567890.5")!)),
            ("JSON", #""{\"a\": [1]}""#, .json(#"{"a": [1]}"#)),
        ]
        for (kind, wire, value) in table {
            let client = try offline(kind, wire)
            XCTAssertEqual(client.detail("F").value, value, wire)
            let read: Value? =
                switch kind {
                case "BOOLEAN": client.boolean("F").map { .boolean($0) }
                case "STRING": client.string("F").map { .string($0) }
                case "NUMBER": client.decimal("F").map { .number($0) }
                default: client.json("F").map { .json($0) }
                }
            XCTAssertEqual(read, value, wire)
            XCTAssertEqual(client.context(["userkey": "mara"]).peek("F").value, value, wire)
        }
    }

    func testReadsOfAnotherTypeHaveTheDefault() throws {
        let client = try offline("STRING", #""red""#)
        XCTAssertEqual(client.string("F", default: "blue"), "red")
        XCTAssertEqual(client.string("G", default: "blue"), "blue")
        XCTAssertEqual(client.boolean("F", default: true), true)
        XCTAssertEqual(client.number("F", default: 1.5), 1.5)
        XCTAssertNil(client.decimal("F"))
    }

    /// Returns a client that has one feature, and sends no requests.
    private func offline(_ kind: String, _ wire: String, _ change: (inout Settings) -> Void = { _ in }) throws -> Client {
        var settings = Settings()
        change(&settings)
        settings.mode = .offline
        settings.bootstrap = #"[{"id": "1", "key": "F", "version": 1, "type": "\#(kind)", "value": \#(wire)}]"#
        return try Client("http://localhost", apiKeys: "environment/client*key", settings: settings)
    }
}
