import XCTest

@testable import FeatureHub

/// Durations, times and numbers at the ends of their types.
final class BoundsTests: XCTestCase {
    private static let longest = Duration(secondsComponent: .max, attosecondsComponent: 999_999_999_999_999_999)
    private static let shortest = Duration.seconds(Int64.min)

    /// Returns a client that has one feature, and sends no requests.
    private func offline(_ digits: String) throws -> Client {
        var settings = Settings()
        settings.mode = .offline
        settings.bootstrap = #"[{"id": "1", "key": "N", "version": 1, "type": "NUMBER", "value": \#(digits)}]"#
        return try Client("http://localhost", apiKeys: "environment/client*key", settings: settings)
    }

    func testWaitsTakeDurationsOfAnyLength() async throws {
        let client = try offline("1")
        try await client.ready(timeout: Self.longest)
        XCTAssertTrue(client.flush(timeout: Self.longest))
        XCTAssertFalse(client.flush(timeout: Self.shortest))
        var settings = Settings()
        settings.observers = [UsageObserver(UsageOptions(deduplicate: Self.longest)) { _ in }]
        let waiting = try Client("http://127.0.0.1:1", apiKeys: "environment/client*key", settings: settings)
        do {
            try await waiting.ready(timeout: Self.shortest)
            XCTFail("the client is ready")
        } catch ClientError.notReady {}
        let wait = Task { try await waiting.ready(timeout: BoundsTests.longest) }
        for await status in waiting.statuses() where status.problem != nil { break }
        waiting.close()
        do {
            try await wait.value
            XCTFail("the client is ready")
        } catch ClientError.closed {}
    }

    func testSettingsTakeDurationsOfAnyLength() throws {
        var settings = Settings()
        settings.backoff = Backoff(initial: Self.longest, cap: Self.longest)
        settings.returnWithin = Self.longest...Self.longest
        (settings.healthyAfter, settings.streamAgainAfter, settings.pace) = (Self.longest, Self.longest, Self.longest)
        var limits = Limits()
        (limits.connect, limits.head, limits.poll, limits.idle, limits.heldBack) =
            (Self.longest, Self.longest, Self.longest, Self.longest, Self.longest)
        settings.limits = limits
        try Client("http://127.0.0.1:1", apiKeys: "environment/client*key", settings: settings).close()
    }

    func testDurationsAndTimesAreMilliseconds() throws {
        for (duration, millis): (Duration, Int64) in [
            (Self.longest, .max), (Self.shortest, .min), (.milliseconds(-5), -5), (.seconds(9_223_372_036_854_775) + .milliseconds(999), .max),
        ] {
            XCTAssertEqual(duration.millis, millis, "\(duration.components)")
        }
        let rules = try Ruleset(json: #"[{"features": [{"id": "1", "key": "N", "version": 1, "type": "NUMBER", "value": 1}]}]"#)
        for time in [Date(timeIntervalSince1970: .infinity), Date(timeIntervalSince1970: -.infinity)] {
            XCTAssertEqual(try rules.evaluate("N", now: time).value, 1)
            _ = try FixedClock(time)
        }
    }

    func testANumberThatNoDecimalHasIsItsDigits() throws {
        for digits in ["1e200", "-1e200", "1e-200", "1e2147483648"] {
            let client = try offline(digits)
            XCTAssertNil(client.decimal("N"), digits)
            XCTAssertEqual(client.number("N"), Double(digits), digits)
            XCTAssertEqual(client.detail("N").value, .string(digits))
            XCTAssertEqual(client.detail("N").reason, "STATIC", digits)
            XCTAssertEqual(client.values().map(\.value), [.string(digits)])
        }
    }
}
