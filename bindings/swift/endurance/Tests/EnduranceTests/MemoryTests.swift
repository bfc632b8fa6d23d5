import FeatureHub
import XCTest

/// Many clients, contexts and streams in constant memory.
final class MemoryTests: XCTestCase {
    /// The most that memory may grow after the first objects, in bytes. An object that leaks 100 bytes in 1,000,000 calls grows it by more.
    private static let most = 64 << 20

    override func setUp() {
        Logs.send(from: .off) { _, _ in }
    }

    func testTenThousandClientsLeaveNoMemoryAndNoThreads() async throws {
        func openAndClose(_ count: Int) async throws {
            for number in 0..<count {
                // Nothing listens on the port 1 of this machine.
                let client = try Client("http://127.0.0.1:1", apiKeys: "environment/client*key")
                client.onChange("COLOUR") { [client] _ in _ = client.isReady }
                _ = client.context(["userkey": number]).string("COLOUR")
                client.close()
                try await client.closed()
            }
        }
        try await openAndClose(2_000)
        let (before, threads) = (try memory(), try threads())
        try await openAndClose(8_000)
        let end = Date(timeIntervalSinceNow: 60)
        while try self.threads() > threads + 20, Date() < end { try await Task.sleep(for: .milliseconds(10)) }
        XCTAssertLessThanOrEqual(try self.threads(), threads + 20)
        XCTAssertLessThan(try memory() - before, Self.most)
    }

    func testAMillionContextsFit() async throws {
        let edge = try MemoryEdge()
        try edge.set("COLOUR", "red")
        let client = try edge.client()
        try await client.ready(timeout: .seconds(60))
        func read(_ count: Int) {
            for number in 0..<count {
                let value = client.context(["userkey": number, "plan": "gold"]).string("COLOUR")
                if value != "red" { return XCTFail("\(value ?? "no value") for user \(number)") }
            }
        }
        read(20_000)
        let before = try memory()
        read(1_000_000)
        XCTAssertLessThan(try memory() - before, Self.most)
        client.close()
    }

    func testStreamsOfCancelledTasksFit() async throws {
        let edge = try MemoryEdge()
        let client = try edge.client()
        func listen(_ count: Int) async {
            for _ in 0..<count {
                let changes = client.changes(of: "COLOUR")
                let task = Task { for await _ in changes {} }
                task.cancel()
                await task.value
            }
        }
        await listen(2_000)
        let before = try memory()
        await listen(100_000)
        XCTAssertLessThan(try memory() - before, Self.most)
        client.close()
    }

    /// Returns the resident bytes of this process.
    private func memory() throws -> Int {
        let sizes = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try XCTUnwrap(Int(sizes[1])) * 4096
    }

    private func threads() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }
}
