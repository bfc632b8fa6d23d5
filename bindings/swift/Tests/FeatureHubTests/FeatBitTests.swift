import XCTest

@testable import FeatureHub

/// A client of FeatBit, against the program `fh-test-featbit`. It polls, because its transport opens no WebSockets.
final class FeatBitTests: XCTestCase {
    /// A flag that is true for Bob, and for users with the tags `a` and `b`.
    private static let flag = #"""
        {"id": "1", "key": "dark", "name": "dark", "variationType": "boolean", "isEnabled": true, "disabledVariationId": "off",
         "variations": [{"id": "on", "value": "true"}, {"id": "off", "value": "false"}],
         "targetUsers": [{"keyIds": ["bob"], "variationId": "on"}], "exptIncludeAllTargets": true, "isArchived": false, "updatedAt": "2026-01-01T00:00:00.000Z",
         "rules": [{"id": "r", "name": "r", "includedInExpt": true, "variations": [{"id": "on", "rollout": [0, 1], "exptRollout": 1}],
                    "conditions": [{"property": "tags", "op": "Equal", "value": "[\"a\",\"b\"]"}]}],
         "fallthrough": {"includedInExpt": true, "variations": [{"id": "off", "rollout": [0, 1], "exptRollout": 1}]}}
        """#.replacingOccurrences(of: "\n", with: "")

    func testAClientReadsUserKeysAndListsAndHasACursor() async throws {
        let server = try ProgramServer("FH_TEST_FEATBIT")
        try server.tell(#"{"do": "putFlag", "record": \#(Self.flag)}"#)
        var settings = Settings()
        settings.system = .featbit
        settings.secret = server["serverSecret"]
        settings.streamingUrl = server["streamingUrl"]
        let client = try Client.fromEnvironment(settings: settings)
        defer { client.close() }
        try await client.ready(timeout: .seconds(60))
        XCTAssertEqual(client.userKeyAttribute, "keyId")
        XCTAssertTrue(client.context([client.userKeyAttribute: "bob"]).isEnabled("dark"))
        XCTAssertTrue(client.context([client.userKeyAttribute: "eve", "tags": ["a", "b"]]).isEnabled("dark"))
        XCTAssertFalse(client.context([client.userKeyAttribute: "eve", "tags": ["a"]]).isEnabled("dark"))
        let bob = client.context([client.userKeyAttribute: "bob"])
        try bob.track("checkout", value: 12.5)
        try bob.track("visit")
        XCTAssertTrue(client.flush(timeout: .seconds(60)))
        let events = try server.tell(#"{"do": "record"}"#).replacingOccurrences(of: "\\", with: "")
        for metric in [#""checkout","numericValue":12.5"#, #""visit","numericValue":1"#] { XCTAssertTrue(events.contains(metric), events) }
        for wrong in [{ try bob.track(" ") }, { try bob.track("checkout", value: .nan) }, { try client.context([:]).track("checkout") }] {
            XCTAssertThrowsError(try wrong())
        }
        let status = client.status
        XCTAssertGreaterThan(try XCTUnwrap(status.cursor), 0)
        XCTAssertNil(status.clockOffset)
    }

    /// A poll shows no clock, so that only the conversion of an offset is tested here.
    func testAStatusHasTheClockOffsetInMilliseconds() throws {
        XCTAssertEqual(Status(try Json(parsing: #"{"clockOffsetMillis": -90500}"#)).clockOffset, .milliseconds(-90_500))
    }

    func testTheUserKeyIsTheAttributeOfTheSystem() throws {
        var settings = Settings()
        settings.mode = .offline
        XCTAssertEqual(try Client.fromEnvironment(settings: settings).userKeyAttribute, "userkey")
        settings = Settings()
        settings.system = .featuresignals
        settings.ruleset = #"{"flags": {}, "states": {}}"#
        XCTAssertEqual(try Client.fromEnvironment(settings: settings).userKeyAttribute, "key")
    }
}
