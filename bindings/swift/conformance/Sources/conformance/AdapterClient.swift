import FeatureHub
import Synchronization

/// A client, with the functions that the runner has registered.
final class AdapterClient: Sendable {
    let name: String
    let sdk: Client
    let listeners = Subscriptions()
    let interceptors = Subscriptions()
    private let usage = Atomic(false)

    init(_ name: String, _ sdk: Client) {
        (self.name, self.sdk) = (name, sdk)
    }

    /// True once a usage listener was added. Each read of the runner then must be one use of the feature.
    var reportsUsage: Bool { usage.load(ordering: .acquiring) }

    func beginUsage() { usage.store(true, ordering: .releasing) }

    /// Returns the client, or a context of it.
    func reads(_ attributes: [String: any AttributeValue]?) -> any Reads { attributes.map { sdk.context($0) } ?? sdk }
}

/// Subscriptions by the runner's names.
final class Subscriptions: Sendable {
    private let byName = Mutex<[String: Subscription]>([:])

    /// Adds the subscription that a function returns. A subscription of the same name ends. The lock is held meanwhile, so that a listener
    /// that is called at once can remove itself.
    func add(_ name: String, _ subscribe: () throws -> Subscription) rethrows {
        let former = try byName.withLock { try $0.updateValue(subscribe(), forKey: name) }
        former?.cancel()
    }

    func remove(_ name: String) {
        byName.withLock { $0.removeValue(forKey: name) }?.cancel()
    }
}
