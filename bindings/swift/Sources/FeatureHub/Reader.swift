import Foundation
internal import FeatureHubNative

/// The reads of the native library. Values that are missing have forms of their own, because optional values cross slowly.
protocol NativeReads: Sendable {
    /// Returns 1 for true, 0 for false, and -1 for no value.
    func boolean(key: String) -> Int8
    /// Returns NaN for no value.
    func number(key: String) -> Double
    /// Returns a text with a mark at its end; an empty one for no text. So do `decimal` and `json`.
    func text(key: String) -> String
    func decimal(key: String) -> String
    func json(key: String) -> String
    /// Returns a packed detail. So does `peek`.
    func detail(key: String) -> Data
    func detailAs(key: String, kind: String) throws -> Data
    func peek(key: String) -> Data
    /// Returns the packed details of all features.
    func values() -> NativeBytes
    func explain(key: String) -> String
}

/// Removes the mark of a text, which is one byte; nil for no text.
func unmarked(_ marked: String) -> String? {
    marked.isEmpty ? nil : String(Substring(marked.utf8.dropLast()))
}

extension NativeClient: NativeReads {}
extension NativeContext: NativeReads {}

/// The native part of a client or a context. Programs do not use it. A class, because each read would copy all members of a struct.
public final class Reader: Sendable {
    let reads: any NativeReads
    let client: NativeClient
    let lifetime: Lifetime
    /// The attributes of a context.
    let attributes: PackedAttributes?

    init(_ reads: any NativeReads, _ client: NativeClient, _ lifetime: Lifetime, _ attributes: PackedAttributes? = nil) {
        (self.reads, self.client, self.lifetime, self.attributes) = (reads, client, lifetime, attributes)
    }

    /// The attributes as requests have them; null without a context.
    var given: Json { attributes?.json ?? .null }

    /// Registers a function or an object of the program.
    func register(_ part: Part) -> Subscription {
        let (described, functions, objects) = [part].described
        let registration = try? client.register(described: described[0], function: functions.first, objects: objects)
        return Subscription(registration)
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
