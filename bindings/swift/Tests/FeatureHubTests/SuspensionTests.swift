import XCTest

@testable import FeatureHub

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Clients that are suspended and resumed, as those of an app that goes to the background, over URLSession.
final class SuspensionTests: XCTestCase {
    private var server: RawServer!

    override func setUpWithError() throws {
        server = try RawServer()
    }

    override func tearDown() {
        server.stop()
    }

    /// Returns a client that has the features of its stream, and the request of the stream.
    private func streaming(_ change: (inout Settings) -> Void = { _ in }) async throws -> (Client, RawRequest) {
        let client = try server.client(.streaming) { settings in
            // The pace is the client's own.
            settings.pace = nil
            change(&settings)
        }
        let request = try await server.next()
        request.stream("red")
        try await client.ready(timeout: RawServer.patience)
        return (client, request)
    }

    /// The stream of another client stays open for that time, although its session has time limits of a second.
    func testASuspendedClientSendsNoByteAndSeesAChangeAfterItIsResumed() async throws {
        let short = URLSessionConfiguration.ephemeral
        (short.timeoutIntervalForRequest, short.timeoutIntervalForResource) = (1, 1)
        let (quiet, stream) = try await streaming { $0.urlSession = short }
        let (client, request) = try await streaming()
        client.suspend()
        try await request.awaitEnd()
        XCTAssertEqual(client.string("COLOUR"), "red")
        try await Task.sleep(for: .seconds(2))
        XCTAssertEqual(server.count, 2)
        client.resume()
        async let readiness = client.refresh()
        try await server.next().stream("orange")
        _ = try await readiness
        XCTAssertEqual(client.string("COLOUR"), "orange")
        XCTAssertFalse(stream.isOver)
        stream.send("event: feature\ndata: \(feature("blue"))\n\n")
        try await eventually("the quiet stream has ended") { quiet.string("COLOUR") == "blue" }
    }

    func testManyFlapsMakeAtMostTwoRequestsASecond() async throws {
        let (client, _) = try await streaming()
        let begin = ContinuousClock.now
        for _ in 0..<1000 {
            client.suspend()
            client.resume()
        }
        try await server.next().stream("orange")
        try await eventually("no stream after the flaps") { client.string("COLOUR") == "orange" }
        let seconds = Int((ContinuousClock.now - begin).components.seconds)
        XCTAssertLessThanOrEqual(server.count, 2 * (seconds + 1))
    }

    func testTheFirstReadWithoutANetworkHasTheValueOfTheLastSession() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let (saving, _) = try await streaming { $0.snapshotFile = file }
        XCTAssertTrue(saving.flush(timeout: RawServer.patience))
        saving.close()
        try await saving.closed()
        server.stop()
        let client = try server.client(.streaming) { $0.snapshotFile = file }
        XCTAssertEqual(client.string("COLOUR"), "red")
        XCTAssertTrue(client.isReady)
    }
}
