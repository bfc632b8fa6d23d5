import XCTest

@testable import FeatureHub

/// The functions of the client beyond reads, with an Edge in memory. The rules behind them have their tests in Rust.
final class FaceTests: XCTestCase {
    private static let patience = Duration.seconds(60)
    private var edge: MemoryEdge!

    override func setUpWithError() throws {
        edge = try MemoryEdge()
    }

    private func ready(_ change: (inout Settings) -> Void = { _ in }) async throws -> Client {
        var settings = Settings()
        change(&settings)
        let client = try edge.client(settings: settings)
        try await client.ready(timeout: Self.patience)
        return client
    }

    /// Waits for all events so far.
    private func flush(_ client: Client) async throws {
        try await edge.delivered()
        XCTAssertTrue(client.flush(timeout: Self.patience))
    }

    func testListenersOfAllKindsGetTheirEventsFromTheSettingsAndFromTheClient() async throws {
        try edge.set("COLOUR", "red")
        let (early, late) = (Records(), Records())
        let client = try await ready { settings in
            settings.onReadiness = { early.add("readiness \($0)") }
            settings.onStatus = { early.add("status \($0.connection)") }
            settings.onNotice = { early.add("notice \($0.kind)") }
            settings.onRaw = { early.add("raw \($0.kind) \($0.json.contains("COLOUR"))") }
            settings.onNewState = { early.add("new state \($0.keys) \($0.isHeld)") }
            settings.onChange = ["COLOUR": { early.add("change to \($0.new.map { "\($0)" } ?? "none")") }]
        }
        client.onReadiness { late.add("readiness \($0)") }
        client.onStatus { late.add("status \($0.connection)") }
        client.onNotice { late.add("notice \($0.kind)") }
        client.onRaw { late.add("raw \($0.kind) \($0.json.contains("COLOUR"))") }
        client.onNewState { late.add("new state \($0.keys) \($0.isHeld)") }
        client.onChange("COLOUR") { late.add("change to \($0.new.map { "\($0)" } ?? "none")") }
        try edge.set("COLOUR", "blue")
        client.offerFeatures(store: "store", environment: client.environments[0], features: "no list")
        try await flush(client)
        for expected in [
            "readiness ready", "status streaming", "new state [\"COLOUR\"] false", "raw feature true", "change to blue", "notice store_ignored",
        ] {
            try await early.wait(for: expected)
            try await late.wait(for: expected)
        }
        try await early.wait(for: "raw list true")
        client.close()
    }

    func testUpdatesAreHeldBackUntilTheyAreReleased() async throws {
        for key in ["A", "B"] { try edge.set(key, 1) }
        let client = try await ready { $0.catchUpdates = true }
        for key in ["A", "B"] { try edge.set(key, 2) }
        try await edge.delivered()
        XCTAssertEqual(client.number("A"), 1)
        XCTAssertTrue(client.isCatching && client.isHolding && client.status.isHolding)
        XCTAssertEqual(client.heldKeys.sorted(), ["A", "B"])
        client.release("A")
        XCTAssertEqual([client.number("A"), client.number("B")], [2, 1])
    }

    func testInterceptorsDecideWithinTheRead() async throws {
        try edge.set("COLOUR", "red")
        let client = try await ready()
        let reads = Records()
        let own = Interception("own") { read in
            reads.add("\(read.key) \(read.kind ?? "none") \(read.exists) \(read.attributes ?? [:])")
            switch read.key {
            case "THROWS": throw ClientError.invalid("a failure of a test")
            case "NULL": return .override(nil)
            case "NUMBER": return .override(.number(Decimal(string: "1.5")!))
            case "MISSING", "TEXT": return .override("🦆 a\0b")
            default: return .next
            }
        }
        let registration = client.intercept(own)
        XCTAssertEqual(client.context(["userkey": "mara"]).string("COLOUR"), "red")
        XCTAssertEqual(reads.all.last, #"COLOUR STRING true ["userkey": ["mara"]]"#)
        XCTAssertEqual(client.string("MISSING"), "🦆 a\0b")
        XCTAssertEqual(reads.all.last, "MISSING none false [:]")
        XCTAssertNil(client.string("NULL"))
        XCTAssertEqual(client.decimal("NUMBER"), Decimal(string: "1.5"))
        XCTAssertEqual(client.detail("TEXT").interceptor, "own")
        XCTAssertNil(client.string("THROWS"))
        XCTAssertEqual(client.status.counters["interceptorPanics"], 1)
        registration.cancel()
        XCTAssertNil(client.string("MISSING"))
    }

    func testOverridesInMemoryAreSeenAtOnceAndNotifyListeners() async throws {
        try edge.set("COLOUR", "red")
        let (overrides, changes) = (try MemoryOverrides(), Records())
        let client = try await ready { $0.interceptors = [Interception(overrides), Interception(try! EnvironmentOverrides())] }
        client.onChange("COLOUR") { changes.add("\($0.new!)") }
        try overrides.set("COLOUR", "blue")
        XCTAssertEqual(client.string("COLOUR"), "blue")
        try await changes.wait(for: "blue")
        try overrides.set("COLOUR", "green", ifLocked: .override)
        XCTAssertEqual(overrides.entries, ["COLOUR": .init(value: "green", ifLocked: .override)])
        overrides.delete("COLOUR")
        try overrides.set("X", true)
        overrides.clear()
        XCTAssertEqual(overrides.entries, [:])
        XCTAssertThrowsError(try overrides.set("X", .number(.nan)))
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try "flagValues:\n  COLOUR: white\n".write(to: file, atomically: true, encoding: .utf8)
        let registration = client.intercept(Interception(try YamlOverrides(file.path), locks: .override))
        XCTAssertEqual(client.string("COLOUR"), "white")
        registration.cancel()
        try "flagValues: [".write(to: file, atomically: true, encoding: .utf8)
        XCTAssertNotNil(try YamlOverrides(file.path).problem)
    }

    func testObserversGetTheUsesOfFeatures() async throws {
        try edge.set("COLOUR", "red")
        try edge.set("SOLD_OUT", true)
        let (early, late) = (Locked<[UsageEvent]>([]), Locked<[UsageEvent]>([]))
        let client = try await ready { $0.observers = [UsageObserver { events in early.with { $0 += events } }] }
        client.observe(UsageObserver(UsageOptions(deduplicate: .seconds(3600))) { events in late.with { $0 += events } })
        let mara = client.context(["userkey": "mara"])
        for _ in 0..<3 { _ = mara.string("COLOUR") }
        try mara.record("sold", params: ["price": 2.5, "items": ["a", "b"]])
        try await flush(client)
        XCTAssertEqual(early.with { $0.map(\.name).sorted() }, ["feature", "feature", "feature", "feature-collection", "sold"])
        let events = late.with { $0.filter { $0.kind != .collection } }
        XCTAssertEqual(events.map(\.name), ["feature", "sold"])
        let (read, sold) = (events[0], events[1])
        XCTAssertEqual(read.kind, .evaluated)
        XCTAssertEqual(read.features.map(\.value), ["red"])
        XCTAssertEqual([read.reason, read.userKey], ["STATIC", "mara"])
        XCTAssertEqual(read.attributes, ["userkey": ["mara"]])
        XCTAssertEqual(Dictionary(uniqueKeysWithValues: sold.features.map { ($0.key, $0.text) }), ["COLOUR": "red", "SOLD_OUT": "on"])
        XCTAssertEqual(try JSONDecoder().decode(Sold.self, from: Data(sold.params!.utf8)), Sold(price: 2.5, items: ["a", "b"]))
        XCTAssertFalse("\(read)".contains("mara"))
    }

    private struct Sold: Decodable, Equatable {
        let price: Double
        let items: [String]
    }

    func testTestUpdatesChangeTheEdgeAndRefusalsSayWhy() async throws {
        try edge.set("COLOUR", "red")
        let client = try await ready()
        let updates = client.testUpdates()
        let outcome = try await updates.setAndWait("COLOUR", Update().value("blue").lock())
        XCTAssertEqual(outcome, .accepted)
        XCTAssertEqual(client.peek("COLOUR").value, "blue")
        XCTAssertTrue(client.peek("COLOUR").isLocked)
        do {
            try await updates.set("COLOUR", Update().value("red"))
            XCTFail("the feature is locked")
        } catch ClientError.refused(_, let reason, let status) {
            XCTAssertEqual(reason, "locked")
            XCTAssertEqual(status, 412)
        }
        await assertFails("invalid") { try await updates.set("COLOUR", Update()) }
        try await updates.set("COLOUR", Update().value("red").unlock())
    }

    func testOperationsThatEndLaterEndAndFail() async throws {
        try edge.setStrategies(
            "COLOUR",
            #"[{"id": "s", "value": "blue", "attributes": [{"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": ["mara"]}]}]"#)
        try edge.setMember("COLOUR", "type", #""STRING""#)
        try edge.setMember("COLOUR", "value", #""red""#)
        var settings = Settings()
        (settings.mode, settings.interval, settings.pace) = (.polling, .seconds(3600), .zero)
        let client = try edge.client(MemoryEdge.serverKey, settings: settings)
        try await client.ready(timeout: Self.patience)
        let mara = try await client.setContext(["userkey": "mara"])
        XCTAssertEqual([mara.string("COLOUR"), client.string("COLOUR")], ["blue", "blue"])
        let isolated = try client.isolated(["userkey": "tom"])
        try await isolated.ready(timeout: Self.patience)
        XCTAssertEqual([isolated.string("COLOUR"), client.string("COLOUR")], ["red", "blue"])
        isolated.close()
        let readiness = [try await client.setHeaders(["x-team": "shop"]), try await client.setApiKeys(MemoryEdge.serverKey)]
        XCTAssertEqual(readiness, [.ready, .ready])
        XCTAssertTrue(edge.requests.last!.headers.contains { $0 == ("x-team", "shop") })
        try edge.failNext(.status(400, headers: ["x": "y"]))
        await assertFails("edge bad_request") { try await client.refresh() }
        await assertFails("invalid") { try await client.setApiKeys("no key") }
        client.close()
        try await client.closed()
        await assertFails("closed") { try await client.refresh() }
    }

    /// Asserts that an operation fails with an error of this kind.
    private func assertFails<Answer>(_ expected: String, _ operation: () async throws -> Answer) async {
        do {
            _ = try await operation()
            XCTFail("no failure: \(expected)")
        } catch ClientError.edge(_, let problem) {
            XCTAssertEqual("edge \(problem)", expected)
        } catch ClientError.invalid {
            XCTAssertEqual("invalid", expected)
        } catch ClientError.closed {
            XCTAssertEqual("closed", expected)
        } catch {
            XCTFail("\(expected): \(error)")
        }
    }

    func testValuesAreTheDetailsOfOneState() async throws {
        try edge.put(#"{"id": "1", "key": "PRICE", "type": "NUMBER", "value": 0.1, "version": 7, "l": true, "fp": {"team": "shop"}}"#)
        try edge.set("COLOUR", "🦆")
        try edge.set("NOTHING", nil)
        let client = try await ready()
        for reads: any Reads in [client, client.context(["userkey": "mara"])] {
            let values = reads.values()
            XCTAssertEqual(values.map(\.key).sorted(), ["COLOUR", "NOTHING", "PRICE"])
            for detail in values { XCTAssertEqual(detail, reads.peek(detail.key)) }
            let price = reads.detail("PRICE")
            XCTAssertEqual(price.value, 0.1)
            XCTAssertEqual([price.kind, price.reason, price.id, price.environment, price.source], ["NUMBER", "STATIC", "1", price.environment, "streaming"])
            XCTAssertEqual(price.properties, ["team": "shop"])
            XCTAssertTrue(price.exists && price.isLocked && !price.isStale && price.version == 7 && price.generation == client.generation)
            XCTAssertNil(reads.peek("NOTHING").value)
            XCTAssertFalse(reads.peek("MISSING").exists)
            XCTAssertEqual(try reads.detail("PRICE", kind: "STRING").reason, "TYPE_MISMATCH")
            XCTAssertThrowsError(try reads.detail("PRICE", kind: "COLOUR"))
            XCTAssertTrue(reads.explain("PRICE").contains("PRICE"))
        }
    }

    func testCompiledFeaturesAreEvaluatedWithoutAClient() throws {
        let payload = #"""
            [{"key": "PRICE", "type": "NUMBER", "value": 9007199254740993, "version": 7, "l": true, "fp": {"team": "shop"}, "strategies":
            [{"id": "s", "value": 2, "attributes": [{"fieldName": "now", "type": "DATE", "conditional": "GREATER", "values": ["2026-01-01"]}]}]}]
            """#
        let rules = try Ruleset(json: payload, profile: .edge)
        XCTAssertEqual(rules.keys, ["PRICE"])
        let before = try rules.evaluate("PRICE", now: Date(timeIntervalSince1970: 1_750_000_000))
        XCTAssertEqual(before.value, .number(Decimal(string: "9007199254740993")!))
        XCTAssertEqual(before.properties, ["team": "shop"])
        let after = try rules.evaluate("PRICE", ["userkey": "mara"], now: Date(timeIntervalSince1970: 1_780_000_000))
        XCTAssertEqual(after.value, 2)
        XCTAssertEqual([after.strategyId, "\(after.strategyPosition!)", after.reason], ["s", "0", "STRATEGY_MATCH"])
        XCTAssertEqual(try rules.evaluate("PRICE", kind: "STRING").reason, "TYPE_MISMATCH")
        XCTAssertTrue(try rules.explain("PRICE", ["userkey": "mara"]).contains("PRICE"))
        XCTAssertThrowsError(try rules.evaluate("MISSING"))
        XCTAssertThrowsError(try Ruleset(json: "{"))
        XCTAssertFalse(try Ruleset(json: #"[{"key": "A", "type": "COLOUR"}]"#).diagnostics.isEmpty)
    }

    func testRulesUseTheClockOfTheSettings() async throws {
        try edge.set("A", "before")
        try edge.setStrategies(
            "A", #"[{"value": "after", "attributes": [{"fieldName": "now", "type": "DATE", "conditional": "GREATER", "values": ["2026-01-01"]}]}]"#)
        let clock = try FixedClock(Date(timeIntervalSince1970: 1_750_000_000))
        let client = try await ready { $0.clock = clock }
        let mara = client.context(["userkey": "mara"])
        XCTAssertEqual(mara.string("A"), "before")
        clock.now = Date(timeIntervalSince1970: 1_780_000_000)
        XCTAssertEqual(mara.string("A"), "after")
        XCTAssertEqual(clock.now.timeIntervalSince1970, 1_780_000_000)
    }

    func testLogRecordsGoToTheFunctionOfTheProgram() async throws {
        let records = Records()
        Logs.send(from: .debug) { records.add("\($0) \($1.contains("evaluated"))") }
        defer { Logs.send(from: .off) { _, _ in } }
        try edge.fail(.status(401))
        let client = try edge.client()
        do {
            try await client.ready(timeout: Self.patience)
            XCTFail("the client is ready")
        } catch ClientError.notReady(_, let problem) {
            XCTAssertEqual(problem, "unauthorised")
        }
        try await records.wait(for: "warning false")
        XCTAssertFalse(records.all.contains { $0.hasSuffix("true") })
    }
}
