import XCTest

@testable import FeatureHub

/// The client without an Edge: nothing listens on the port 1 of this machine.
final class ClientTests: XCTestCase {
    private static let patience: TimeInterval = 60

    private func unconnected() throws -> Client {
        try Client("http://127.0.0.1:1", apiKeys: "environment/client*key")
    }

    func testAWaitEndsWhenItsTaskIsCancelledBeforeItBeginsAndLater() async throws {
        let client = try unconnected()
        for pause in [Duration.zero, .microseconds(100), .milliseconds(20)] {
            let over = expectation(description: "the end of the wait")
            let wait = Task {
                do {
                    try await client.ready(timeout: .seconds(600))
                    XCTFail("the client is ready")
                } catch {
                    XCTAssertTrue(error is CancellationError, "\(error)")
                }
                over.fulfill()
            }
            if pause > .zero { try await Task.sleep(for: pause) }
            wait.cancel()
            await fulfillment(of: [over], timeout: Self.patience)
        }
    }

    func testStreamsEndWithTheClientAndAfterIt() async throws {
        let client = try unconnected()
        let begun = expectation(description: "the first status")
        let over = expectation(description: "the end of both streams")
        Task {
            var last: Readiness?
            for await status in client.statuses() {
                if last == nil { begun.fulfill() }
                last = status.readiness
            }
            for await _ in client.changes(of: "COLOUR") {}
            XCTAssertEqual(last, .closed)
            over.fulfill()
        }
        await fulfillment(of: [begun], timeout: Self.patience)
        client.close()
        await fulfillment(of: [over], timeout: Self.patience)
    }
}
