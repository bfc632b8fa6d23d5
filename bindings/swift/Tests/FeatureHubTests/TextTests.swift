import XCTest

@testable import FeatureHub

/// Keys, values and attributes of unusual texts and sizes, from a poll of URLSession.
final class TextTests: XCTestCase {
    private var server: RawServer!

    override func setUpWithError() throws {
        server = try RawServer()
    }

    override func tearDown() {
        server.stop()
    }

    /// Returns a client that has polled these features.
    private func polled(_ features: String...) async throws -> Client {
        let client = try server.client(.once)
        let body = #"[{"id": "environment", "features": [\#(features.joined(separator: ","))]}]"#
        try await server.next().answer(200, "content-type: application/json", body: Array(body.utf8))
        try await client.ready(timeout: RawServer.patience)
        return client
    }

    /// Returns a feature that is `yes` if the attribute has the value, and `no` otherwise.
    private func rollout(_ key: String, _ attribute: String, _ value: String) throws -> String {
        let (name, value) = (try quoted(attribute), try quoted(value))
        let rule = #"{"fieldName": \#(name), "type": "STRING", "conditional": "EQUALS", "values": [\#(value)]}"#
        let strategies = #"[{"id": "s", "value": "yes", "attributes": [\#(rule)]}]"#
        return #"{"id": "1", "key": \#(try quoted(key)), "version": 1, "type": "STRING", "value": "no", "strategies": \#(strategies)}"#
    }

    private func quoted(_ text: String) throws -> String { try Json.text(text).written }

    func testTextsCrossTheBorderWithAllTheirCharacters() async throws {
        let long = String(repeating: "x", count: 1 << 20)
        for text in ["höher", "🦆 duck", "a\0b", "\u{2028}", "e\u{301}", String(repeating: "𝄞", count: 1000), long] {
            let key = try quoted("KEY \(text)")
            let feature = #"{"id": "1", "key": \#(key), "version": 1, "type": "STRING", "value": \#(try quoted(text))}"#
            let client = try await polled(feature, try rollout("PLAN", text, text))
            XCTAssertEqual(client.string("KEY \(text)").map { Array($0.utf8) }, Array(text.utf8))
            XCTAssertEqual(client.context([text: text]).string("PLAN"), "yes", text)
            XCTAssertEqual(client.context([text: "\(text)."]).string("PLAN"), "no", text)
        }
    }

    func testAContextHasThousandsOfAttributesAndOfValues() async throws {
        let client = try await polled(try rollout("PLAN", "plan", "gold"))
        var many: [String: any AttributeValue] = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("attribute\($0)", $0) })
        many["plan"] = (0..<10_000).map { "plan \($0)" }
        XCTAssertEqual(client.context(many).string("PLAN"), "no")
        many["plan"] = (0..<10_000).map { "plan \($0)" } + ["gold"]
        XCTAssertEqual(client.context(many).string("PLAN"), "yes")
    }
}
