import XCTest

@testable import FeatureHub

/// Clients that end while other threads use them. `cargo xtask prove "swift: endurance"` runs this test with the thread sanitizer.
final class CloseTests: XCTestCase {
    private struct State: Sendable {
        var client: Client
        var isOver = false
        var reads = 0
        var wrong: String?
    }

    func testEightThreadsReadWhileClientsAreClosedTenThousandTimes() async throws {
        Logs.send(from: .off) { _, _ in }
        let edge = try MemoryEdge()
        try edge.set("COLOUR", "red")
        var settings = Settings()
        settings.mode = .once
        let first = try edge.client(settings: settings)
        try await first.ready(timeout: .seconds(60))
        let state = Locked(State(client: first))
        let readers = (1...8).map { number in
            let over = expectation(description: "the end of reader \(number)")
            Thread.detachNewThread {
                while let client = state.with({ $0.isOver ? nil : $0.client }) {
                    let value = client.context(["userkey": number]).string("COLOUR", default: "none")
                    _ = client.detail("COLOUR")
                    state.with {
                        $0.reads += 1
                        if value != "red" && value != "none" { $0.wrong = value }
                    }
                }
                over.fulfill()
            }
            return over
        }
        for _ in 0..<10_000 {
            let next = try edge.client(settings: settings)
            let former = state.with { state in
                defer { state.client = next }
                return state.client
            }
            former.close()
        }
        let last = state.with { state in
            state.isOver = true
            return state.client
        }
        await fulfillment(of: readers, timeout: 60)
        last.close()
        XCTAssertNil(state.with { $0.wrong })
        XCTAssertGreaterThan(state.with { $0.reads }, 10_000)
    }
}
