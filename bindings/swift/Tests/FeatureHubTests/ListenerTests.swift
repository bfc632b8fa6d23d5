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

    func testAListenerThatThrowsOrBlocksDelaysNeitherOtherListenersNorReads() async throws {
        let (client, request) = try await streaming()
        let release = DispatchSemaphore(value: 0)
        let (seen, released) = (Records(), Records())
        client.onChange("COLOUR") { _ in throw ClientError.invalid("a failure of a test") }
        client.onChange("COLOUR") { change in
            release.wait()
            released.add("\(change.new!)")
        }
        let subscription = client.onChange("COLOUR") { seen.add("\($0.new!)") }
        for value in ["blue", "green", "orange"] {
            change(request, to: value)
            try await seen.wait(for: value)
            XCTAssertEqual(client.string("COLOUR"), value)
        }
        XCTAssertEqual(released.all, [])
        try await eventually("the failures are not counted") { client.status.counters["listenerPanics"] == 3 }
        subscription.cancel()
        for _ in 0..<4 { release.signal() }
        change(request, to: "turquoise")
        try await released.wait(for: "turquoise")
        XCTAssertTrue(client.flush(timeout: RawServer.patience))
        XCTAssertFalse(seen.all.contains("turquoise"))
    }

    func testAListenerMayCloseItsClient() async throws {
        let (client, request) = try await streaming()
        client.onChange("COLOUR") { [weak client] _ in client?.close() }
        change(request, to: "blue")
        try await request.awaitEnd()
        try await eventually("the client is not closed") { client.readiness == .closed }
        XCTAssertEqual(client.string("COLOUR"), "blue")
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
