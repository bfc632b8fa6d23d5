import XCTest

@testable import FeatureHub

final class ValueTests: XCTestCase {
    private enum Plan: String, AttributeValue { case gold }
    private enum Level: Int, AttributeValue { case seven = 7 }

    /// The table is that of the clients in all languages. Interceptors see what the native library has got.
    func testValuesHaveTheTextsOfTheTable() throws {
        let file = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../../conformance/attribute-texts.json").standardized
        let table = try Json(parsing: String(contentsOf: file, encoding: .utf8))
        let got = Records()
        let starts: [(system: FlagSystem, set: (inout Settings) -> Void)] = [
            (.featurehub, { $0.mode = .offline }),
            (
                .featbit,
                {
                    $0.mode = .offline
                    $0.bootstrap = #"{"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": [], "segments": []}}"#
                }
            ),
            (.featuresignals, { $0.ruleset = #"{"flags": {}, "states": {}}"# }),
        ]
        var clients: [FlagSystem: Client] = [:]
        for (system, set) in starts {
            var settings = Settings()
            settings.system = system
            set(&settings)
            settings.interceptors = [Interception("own") { got.add("\($0.attributes?["at"] ?? [])"); return .next }]
            clients[system] = try Client.fromEnvironment(settings: settings)
        }
        let own = table["cases"].list.filter { table["kinds"][$0["kind"].text ?? ""].texts.contains("Swift") }
        XCTAssertGreaterThan(own.count, 40)
        for known in own {
            let sent = known["but"].members["Swift"] ?? known["sent"]
            let isList = sent != .null && sent.text == nil
            for value in try known["of"].text.map({ [try list($0, known["given"].texts)] }) ?? values(known["kind"].text, known["given"].text ?? "") {
                XCTAssertEqual(PackedAttributes(["at": value]).json, .object(sent == .null ? [:] : ["at": sent]), "\(known)")
                for (system, client) in clients {
                    let text = isList ? known[system.rawValue].text : sent.text
                    let expected = system == .featurehub && isList ? sent.texts : [text].compactMap { $0 }
                    if isList && system != .featurehub && text == nil { continue }
                    _ = client.context(["at": value]).with(["x": String?.none]).string("F")
                    XCTAssertEqual(got.all.last, "\(expected)", "\(system) \(known)")
                }
            }
        }
    }

    /// Returns the values of a row, of each type that Swift has for them.
    private func values(_ kind: String?, _ given: String) throws -> [any AttributeValue] {
        switch kind {
        case "text": [given, Substring(given)]
        case "boolean": [given == "true"]
        case "integer", "integer of 64 bits": integers(given)
        case "unsigned integer of 64 bits": [UInt64(given)!, UInt(given)!]
        case "double": [Double(given)!, CGFloat(Double(given)!)]
        case "float": [Float(given)!]
        case "decimal": [Decimal(string: given) ?? .nan]
        case "time": [try Date.ISO8601FormatStyle(includingFractionalSeconds: given.contains(".")).parse(given)]
        case "UUID": [UUID(uuidString: given)!]
        case "URL": [URL(string: given)!]
        case "member of an enumeration": [Plan(rawValue: given)!]
        case "nothing": [String?.none, Optional<[String]>.none]
        case "optional text": [Optional(given)]
        case "list of nothing": [[String?.none]]
        case "list in a list": [[[given]]]
        case "set": [Set(given.split(separator: ","))]
        default: throw ClientError.invalid("there is no value for \(kind ?? "")")
        }
    }

    private func integers(_ given: String) -> [any AttributeValue] {
        func integer<Number: FixedWidthInteger & AttributeValue>(_: Number.Type) -> (any AttributeValue)? { Number(given) }
        let small = [integer(Int8.self), integer(Int16.self), integer(Int32.self), integer(UInt8.self), integer(UInt16.self)]
        return (small + [integer(Int.self), integer(Int64.self), integer(UInt32.self), integer(UInt64.self)]).compactMap { $0 }
    }

    /// Returns the list of a row, whose elements have this kind.
    private func list(_ kind: String, _ given: [String]) throws -> any AttributeValue {
        switch kind {
        case "text": given
        case "integer": given.map { Int($0)! }
        case "double": given.map { Double($0)! }
        default: try given.map { try Date.ISO8601FormatStyle().parse($0) }
        }
    }

    func testValuesOfSwiftAlone() {
        let level = Level.seven
        let alone: [(value: any AttributeValue, texts: [String])] = [
            (level, ["7"]), (Character("x"), ["x"]), (Set([2, 10, 1]), ["1", "10", "2"]),
            (Date(timeIntervalSince1970: .infinity), ["9999-12-31T23:59:59.999Z"]), (Date(timeIntervalSince1970: .nan), []),
        ]
        for (value, texts) in alone { XCTAssertEqual(value.attributeTexts, texts) }
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
