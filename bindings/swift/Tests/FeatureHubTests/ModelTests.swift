import FeatureHubModel
import Observation
import XCTest

@testable import FeatureHub

@available(iOS 17, macOS 14, *)
final class ModelTests: XCTestCase {
    func testAModelNotifiesTheViewsThatHaveReadAFeature() async throws {
        try await Self.readAndChange()
    }

    @MainActor
    private static func readAndChange() async throws {
        let edge = try MemoryEdge()
        try edge.set("COLOUR", "red")
        try edge.set("SIZE", 1)
        try edge.setStrategies(
            "COLOUR", #"[{"value": "blue", "attributes": [{"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": ["mara"]}]}]"#)
        let client = try edge.client()
        let model = FeatureModel(client)
        try await notified { model.readiness == .ready }
        XCTAssertEqual(model.string("COLOUR", default: "none"), "red")
        let drawn = Locked(0)
        withObservationTracking { _ = model.number("SIZE", default: 0) } onChange: { drawn.with { $0 += 1 } }
        try edge.set("COLOUR", "green")
        try await notified { model.string("COLOUR", default: "none") == "green" }
        XCTAssertEqual(drawn.with { $0 }, 0)
        model.reads = client.context(["userkey": "mara"])
        XCTAssertEqual(model.string("COLOUR", default: "none"), "blue")
        try await eventually("the view was not notified") { drawn.with { $0 } == 1 }
    }

    /// Waits until a condition holds, which is evaluated again only when the model notifies.
    @MainActor
    private static func notified(_ holds: @escaping @MainActor () -> Bool) async throws {
        let isNotified = Locked(true)
        try await eventually("the model did not notify") {
            guard isNotified.with({ $0 }) else { return false }
            isNotified.with { $0 = false }
            return withObservationTracking(holds) { isNotified.with { $0 = true } }
        }
    }
}
