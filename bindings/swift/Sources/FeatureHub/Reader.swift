internal import FeatureHubNative

/// The reads of the native library.
protocol NativeReads: Sendable {
    func boolean(key: String) -> Bool?
    func text(key: String) -> String?
    func number(key: String) -> Double?
    func decimal(key: String) -> String?
    func json(key: String) -> String?
    func detail(key: String) -> String
    func explain(key: String) -> String
}

extension NativeClient: NativeReads {}
extension NativeContext: NativeReads {}

/// The native part of a client or a context. Programs do not use it.
public struct Reader: Sendable {
    let reads: any NativeReads
    let client: NativeClient
    let lifetime: Lifetime
    /// The attributes as requests have them; null without a context.
    let given: Json

    /// Registers a function of the program.
    func register(_ part: [String: Json], _ call: @escaping @Sendable (Json) throws -> Void) -> Subscription {
        let described = try? Json.object(part).written
        let native = described.flatMap { try? client.register(described: $0, function: Function.of(call), objects: []) }
        return Subscription(native)
    }

    /// Returns the events of a listener, until the task that iterates is cancelled or the client has ended.
    func events<Event: Sendable>(_ listen: (@escaping @Sendable (Event) -> Void) -> Subscription) -> AsyncStream<Event> {
        let (stream, events) = AsyncStream.makeStream(of: Event.self)
        let subscription = listen { events.yield($0) }
        let number = lifetime.add { events.finish() }
        events.onTermination = { [lifetime] _ in
            subscription.cancel()
            lifetime.remove(number)
        }
        return stream
    }
}
