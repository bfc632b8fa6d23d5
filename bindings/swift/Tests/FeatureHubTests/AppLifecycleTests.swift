import XCTest

@testable import FeatureHub

/// A time that passes when the test says so, with the tasks that wait for it.
private final class FakeTime: Sendable {
    private struct State: Sendable {
        var now: Int64 = 0
        var tasks: [(at: Int64, run: @Sendable () -> Void)] = []
    }

    private let state = Locked(State())

    func lifecycle(_ client: Client) throws -> AppLifecycle {
        try AppLifecycle(
            client.reader.client, clock: { self.state.with { $0.now } },
            delay: { millis, task in self.state.with { $0.tasks.append(($0.now + millis, task)) } })
    }

    /// Lets time pass for a process that is frozen, so that no task runs.
    func passFrozen(_ millis: Int64) { state.with { $0.now += millis } }

    func pass(_ millis: Int64) {
        let end = state.with { $0.now + millis }
        while let task = state.with({ state -> (@Sendable () -> Void)? in
            guard let next = state.tasks.indices.min(by: { state.tasks[$0].at < state.tasks[$1].at }), state.tasks[next].at <= end else {
                state.now = end
                return nil
            }
            state.now = state.tasks[next].at
            return state.tasks.remove(at: next).run
        }) { task() }
    }
}

private let enters = Notification.Name("foreground")
private let leaves = Notification.Name("background")
private let wifi: Int64 = 10
private let mobile: Int64 = 11
private let hour: Int64 = 3_600_000

/// An app in the foreground, whose client has the features of its stream. The notifications are those of a centre of the test.
private struct App {
    let client: Client
    let stream: RawRequest
    let time = FakeTime()
    let lifecycle: AppLifecycle
    let following: Subscription
    private let notifications = AppNotifications(center: NotificationCenter(), started: enters, stopped: leaves)

    init(_ server: RawServer, isVisible: Bool = true) async throws {
        client = try server.client(.streaming)
        stream = try await server.next()
        stream.stream("red")
        try await client.ready(timeout: RawServer.patience)
        lifecycle = try time.lifecycle(client)
        following = client.follow(lifecycle, [notifications.report])
        if !isVisible { return }
        lifecycle.network(wifi)
        enter()
    }

    func enter() { notifications.center.post(name: enters, object: nil) }

    func leave() { notifications.center.post(name: leaves, object: nil) }
}

/// Clients that follow the lifecycle of an app, over URLSession. Its time is that of the test, and the sockets are real.
final class AppLifecycleTests: XCTestCase {
    private var server: RawServer!

    override func setUpWithError() throws {
        server = try RawServer()
    }

    override func tearDown() {
        server.stop()
    }

    func testAnAppInTheBackgroundHasNoConnectionAndSeesAChangeInTheForeground() async throws {
        let app = try await App(server)
        app.leave()
        app.time.pass(999)
        XCTAssertEqual(app.client.status.connection, "streaming")
        app.time.pass(1)
        try await app.stream.awaitEnd()
        app.time.pass(hour)
        XCTAssertEqual(app.client.string("COLOUR"), "red")
        XCTAssertEqual([server.count, server.connectionCount], [1, 1])
        app.enter()
        try await server.next().stream("orange")
        try await eventually("no change") { app.client.string("COLOUR") == "orange" }
    }

    /// No event came since the process began, for example for a push.
    func testTheFirstScreenOfAProcessThatWasFrozenInTheBackgroundLeavesASilentConnectionAtOnce() async throws {
        let app = try await App(server, isVisible: false)
        app.time.passFrozen(hour)
        app.enter()
        try await app.stream.awaitEnd()
        try await server.next().stream("orange")
        try await eventually("no change") { app.client.string("COLOUR") == "orange" }
    }

    func testAnotherNetworkReplacesTheConnectionAndACancelledSubscriptionDoesNot() async throws {
        let app = try await App(server)
        app.lifecycle.network(nil)
        app.lifecycle.network(wifi)
        try await app.stream.awaitEnd()
        let second = try await server.next()
        second.stream("orange")
        try await eventually("no change") { app.client.string("COLOUR") == "orange" }
        app.following.cancel()
        app.lifecycle.network(mobile)
        app.leave()
        app.time.pass(hour)
        second.send("event: feature\ndata: \(feature("crimson"))\n\n")
        try await eventually("the stream has ended") { app.client.string("COLOUR") == "crimson" }
    }

    /// The main thread of an app draws and takes input, so it must never wait for the program or for the network.
    func testNothingWaitsForAListenerThatBlocks() async throws {
        let app = try await App(server)
        let (release, blocked) = (DispatchSemaphore(value: 0), Records())
        app.client.onStatus { _ in
            blocked.add("blocked")
            release.wait()
        }
        try await blocked.wait(for: "blocked")
        app.leave()
        app.time.pass(1_000)
        app.enter()
        app.lifecycle.network(mobile)
        app.following.cancel()
        for _ in 0..<10 { release.signal() }
        app.client.close()
    }

    /// The lifecycle refers to the native client, which must end with the client of the program.
    func testAClientThatIsForgottenEndsAlthoughItFollowsItsApp() async throws {
        var app: App? = try await App(server)
        let stream = try XCTUnwrap(app?.stream)
        weak var lifecycle = app?.lifecycle
        app = nil
        try await stream.awaitEnd()
        XCTAssertNil(lifecycle)
    }

    func testTheClockOfThePlatformPassesAndItsTasksRun() async throws {
        let client = try server.client(.streaming)
        let lifecycle = try AppLifecycle(client.reader.client)
        let request = try await server.next()
        lifecycle.stopped()
        try await request.awaitEnd()
        client.close()
    }
}
