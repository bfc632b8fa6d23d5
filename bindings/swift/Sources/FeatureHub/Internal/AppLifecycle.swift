import Foundation
internal import FeatureHubNative

/// Suspends the client of an app in the background, resumes it in the foreground, and reconnects it after a change of the network. The native
/// library decides, and this class passes on the events of the platform with their times. Each function returns at once, on any thread.
final class AppLifecycle: Sendable {
    /// Returns a time in milliseconds that also passes while the device sleeps.
    typealias Clock = @Sendable () -> Int64
    /// Calls a function once, after some milliseconds.
    typealias Delay = @Sendable (_ millis: Int64, _ task: @escaping @Sendable () -> Void) -> Void

    private struct State: Sendable {
        var isOver = false
        var wakesAt: Int64?
    }

    private let client: NativeClient
    private let lifecycle: NativeObject
    private let clock: Clock
    private let delay: Delay
    private let state = Locked(State())

    init(_ client: NativeClient, clock: @escaping Clock = AppLifecycle.clock(), delay: @escaping Delay = AppLifecycle.delay()) throws {
        (self.client, self.clock, self.delay) = (client, clock, delay)
        lifecycle = try object(["new": .text("lifecycle")])
        // The silence of a process without events counts from here.
        report("time")
    }

    /// The app has one screen: the system reports when the last of its scenes leaves, and when the first one returns.
    private static let screen = Json.integer(0)

    func started() { report("started", ["screen": Self.screen]) }

    func stopped() { report("stopped", ["screen": Self.screen, "replaced": .boolean(false)]) }

    /// Reports the number of the default network, or that there is none. The first one is the network that the client has used from its start.
    func network(_ number: Int64?) {
        if let number { report("networkAvailable", ["network": .integer(number)]) } else { report("networkLost", ["network": .null]) }
    }

    /// Ends the reports. The client stays as it is.
    func end() {
        state.with { $0.isOver = true }
    }

    private func report(_ event: String, _ members: [String: Json] = [:]) {
        let wake = state.with { state -> (at: Int64, after: Int64)? in
            if state.isOver { return nil }
            let now = clock()
            let answer = lifecycle.answer(event, members.merging(["now": .integer(now)]) { $1 })
            for command in answer["commands"].texts { perform(command) }
            guard let millis = answer["wakeAfter"].integer, now + millis < state.wakesAt ?? .max else { return nil }
            state.wakesAt = now + millis
            return (now + millis, millis)
        }
        guard let wake else { return }
        delay(wake.after) { [self] in
            state.with { if $0.wakesAt == wake.at { $0.wakesAt = nil } }
            report("time")
        }
    }

    private func perform(_ command: String) {
        if command == "refresh" {
            // The client's status has the outcome.
            _ = try? client.begin(request: #"{"do": "refresh"}"#, done: Function(calling: { _ in }))
        } else {
            _ = client.answer(command)
        }
    }

    private static func clock() -> Clock {
        let origin = ContinuousClock.now
        return { origin.duration(to: .now).millis }
    }

    private static func delay() -> Delay {
        let queue = DispatchQueue(label: "fh-lifecycle")
        return { millis, task in queue.asyncAfter(deadline: .now() + .milliseconds(Int(millis)), execute: task) }
    }
}

/// The notifications by which a platform reports that an app is in the foreground or in the background.
struct AppNotifications: Sendable {
    let center: NotificationCenter
    let started: Notification.Name
    let stopped: Notification.Name

    /// Passes the notifications on. Returns a function that ends this.
    func report(to lifecycle: AppLifecycle) -> @Sendable () -> Void {
        nonisolated(unsafe) let observers = [
            center.addObserver(forName: started, object: nil, queue: nil) { _ in lifecycle.started() },
            center.addObserver(forName: stopped, object: nil, queue: nil) { _ in lifecycle.stopped() },
        ]
        return { [center] in
            for observer in observers { center.removeObserver(observer) }
        }
    }
}

extension Client {
    /// Makes the client follow the events of a platform until it ends.
    func follow(_ lifecycle: AppLifecycle, _ sources: [(AppLifecycle) -> @Sendable () -> Void]) -> Subscription {
        let ends = sources.map { $0(lifecycle) }
        let end: @Sendable () -> Void = {
            lifecycle.end()
            for end in ends { end() }
        }
        let number = reader.lifetime.add(end)
        return Subscription { [lifetime = reader.lifetime] in
            lifetime.remove(number)
            end()
        }
    }
}
