import FeatureHub
import Observation

/// Features for views, which are drawn again when a feature that they have read changes.
///
/// ```swift
/// @State var features = FeatureModel(client)
/// var body: some View {
///     Text(features.string("TITLE", default: "Shop"))
/// }
/// ```
@available(iOS 17, macOS 14, *)
@MainActor
@Observable
public final class FeatureModel {
    /// The client or the context whose features the views read.
    public var reads: any Reads {
        didSet {
            for feature in features.values { feature.follow(reads) }
        }
    }

    /// The readiness of the client.
    public private(set) var readiness: Readiness

    @ObservationIgnored private var features: [String: ObservedFeature] = [:]
    @ObservationIgnored private var subscription: Subscription?

    /// Creates a model of the features of a client, or of a context.
    public init(_ reads: any Reads) {
        self.reads = reads
        readiness = reads.client.readiness
        subscription = reads.client.onReadiness { [weak self] readiness in
            Task { @MainActor in self?.readiness = readiness }
        }
    }

    deinit {
        subscription?.cancel()
    }

    /// Returns true if the feature is a BOOLEAN with the value true.
    public func isEnabled(_ key: String) -> Bool { boolean(key, default: false) }

    /// Returns the value of a BOOLEAN feature, or the default.
    public func boolean(_ key: String, default other: Bool) -> Bool {
        used(key)
        return reads.boolean(key, default: other)
    }

    /// Returns the value of a STRING feature, or the default.
    public func string(_ key: String, default other: String) -> String {
        used(key)
        return reads.string(key, default: other)
    }

    /// Returns the nearest double to the value of a NUMBER feature, or the default.
    public func number(_ key: String, default other: Double) -> Double {
        used(key)
        return reads.number(key, default: other)
    }

    /// Returns the value with its reason.
    public func detail(_ key: String) -> Detail {
        used(key)
        return reads.detail(key)
    }

    /// Notes that the view depends on the feature.
    private func used(_ key: String) {
        let feature = features[key] ?? ObservedFeature(key, reads)
        features[key] = feature
        _ = feature.changes
    }
}

/// A feature that a view has read.
@available(iOS 17, macOS 14, *)
@MainActor
@Observable
private final class ObservedFeature {
    /// Grows with each change, so that the views that have read it are drawn again.
    private(set) var changes = 0

    @ObservationIgnored private let key: String
    @ObservationIgnored private var subscription: Subscription?

    init(_ key: String, _ reads: any Reads) {
        self.key = key
        subscription = listen(reads)
    }

    deinit {
        subscription?.cancel()
    }

    /// Follows the feature of other reads.
    func follow(_ reads: any Reads) {
        subscription?.cancel()
        subscription = listen(reads)
        changes += 1
    }

    private func listen(_ reads: any Reads) -> Subscription {
        reads.onChange(key) { [weak self] _ in
            Task { @MainActor in self?.changes += 1 }
        }
    }
}
