import XCTest

@testable import FeatureHub

/// A client in the hosts of Swift programs. It starts, evaluates, sees a change and ends, and none of its objects, streams and tasks are left.
final class HostTests: XCTestCase {
    private static let patience = Duration.seconds(60)

    /// Runs a host with an Edge that serves COLOUR, and asserts that the host leaves nothing behind.
    private func run(_ host: (MemoryEdge, Kept) async throws -> Void) async throws {
        let (edge, kept) = (try MemoryEdge(), Kept())
        try edge.set("COLOUR", "red")
        try await host(edge, kept)
        try await kept.assertFreed()
        try await eventually("a stream is open") { edge.streams == 0 }
    }

    func testAFunctionOwnsAClient() async throws {
        try await run { try await Shop($0, $1).serve() }
    }

    func testAnActorOwnsAClient() async throws {
        try await run { edge, kept in
            let owner = try Owner(Shop(edge, kept))
            kept.add(owner)
            try await owner.serve()
        }
    }

    func testTheMainActorOwnsAClient() async throws {
        try await run { edge, kept in
            try await Task { @MainActor in try await Shop(edge, kept).serve() }.value
        }
    }

    func testTasksThatAreCancelledEndAndTheClientGoesOn() async throws {
        try await run { edge, kept in
            let shop = try Shop(edge, kept)
            let client = shop.client
            try await client.ready(timeout: Self.patience)
            let waits: [@Sendable () async throws -> Void] = [
                { for await _ in client.changes(of: "COLOUR") {} },
                { for await _ in client.statuses() {} },
                { try await client.closed() },
                { while !Task.isCancelled { try await client.refresh() } },
            ]
            // Half of the tasks are cancelled before they begin, and half of them later.
            for wait in waits {
                let tasks = (0..<20).map { number in
                    let task = Task { try await wait() }
                    if number % 2 == 0 { task.cancel() }
                    return task
                }
                await Task.yield()
                for task in tasks {
                    task.cancel()
                    _ = await task.result
                }
            }
            try await shop.serve()
        }
    }

    func testTwoHundredClientsShareAProcess() async throws {
        try await run { edge, kept in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        let shop = try Shop(edge, kept)
                        try await shop.client.ready(timeout: Self.patience)
                        XCTAssertEqual(shop.client.string("COLOUR"), "red")
                        shop.client.close()
                        try await shop.client.closed()
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

/// An object of a program that owns a client.
private final class Shop: Sendable {
    let client: Client
    private let edge: MemoryEdge

    init(_ edge: MemoryEdge, _ kept: Kept) throws {
        self.edge = edge
        client = try edge.client()
        kept.add(self, client)
    }

    /// Evaluates a feature before and after a change, and ends the client, all in the isolation of the caller.
    func serve(isolation: isolated (any Actor)? = #isolation) async throws {
        try await client.ready(timeout: .seconds(60))
        let mara = client.context(["userkey": "mara"])
        XCTAssertEqual(mara.string("COLOUR"), "red")
        let changes = client.changes(of: "COLOUR")
        try edge.set("COLOUR", "blue")
        for await change in changes {
            XCTAssertEqual(change.new, .string("blue"))
            break
        }
        XCTAssertEqual(mara.string("COLOUR"), "blue")
        client.close()
        try await client.closed()
    }
}

/// An actor that owns a client, whose listener refers to the actor.
private actor Owner {
    private let shop: Shop
    private var colours: [String] = []

    init(_ shop: Shop) {
        self.shop = shop
    }

    func serve() async throws {
        let (seen, continuation) = AsyncStream.makeStream(of: Void.self)
        shop.client.onChange("COLOUR") { [self] change in
            Task {
                await record("\(change.new!)")
                if change.new == .string("blue") { continuation.finish() }
            }
        }
        try await shop.serve()
        for await _ in seen {}
        XCTAssertTrue(colours.contains("blue"), "\(colours)")
    }

    private func record(_ colour: String) {
        colours.append(colour)
    }
}
