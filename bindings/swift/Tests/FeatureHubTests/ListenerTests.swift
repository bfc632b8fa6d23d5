import XCTest

@testable import FeatureHub

/// Listeners that misbehave, and tasks that end, over a stream of URLSession.
final class ListenerTests: XCTestCase {
    private var server: RawServer!

    override func setUpWithError() throws {
        server = try RawServer()
    }

    override func tearDown() {
        server.stop()
    }

    /// Returns a client that has the features of its stream, and the request of the stream.
    private func streaming() async throws -> (Client, RawRequest) {
        let client = try server.client(.streaming)
        let request = try await server.next()
        request.stream("red")
        try await client.ready(timeout: RawServer.patience)
        return (client, request)
    }

    private func change(_ request: RawRequest, to value: String) {
        request.send("event: feature\ndata: \(feature(value))\n\n")
    }

    /// Listeners of a feature make the client compare its values, so an interceptor shows if there is one.
    func testATaskThatIsCancelledEndsItsStreamAndTheRegistration() async throws {
        let (client, request) = try await streaming()
        let (reads, changes, over) = (Locked(0), Records(), Records())
        client.intercept(Interception("own") { read in
            if read.key == "COLOUR" { reads.with { $0 += 1 } }
            return .next
        })
        func compared() -> Bool {
            reads.with { $0 = 0 }
            client.overridesChanged()
            XCTAssertTrue(client.flush(timeout: RawServer.patience))
            return reads.with { $0 } > 0
        }
        let task = Task {
            for await change in client.changes(of: "COLOUR") { changes.add("\(change.new!)") }
            over.add("over")
        }
        try await eventually("the task has no listener") { compared() }
        change(request, to: "blue")
        try await changes.wait(for: "blue")
        task.cancel()
        try await over.wait(for: "over")
        XCTAssertFalse(compared(), "the listener goes on")
    }
}
