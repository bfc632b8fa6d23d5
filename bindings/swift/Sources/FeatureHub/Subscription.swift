internal import FeatureHubNative

/// The registration of a function, or of a client that follows its app. It lasts until it is cancelled, or until the client has ended. A
/// registration that is forgotten goes on.
public final class Subscription: Sendable {
    private let end: @Sendable () -> Void

    init(_ end: @escaping @Sendable () -> Void) {
        self.end = end
    }

    convenience init(_ native: NativeRegistration?) {
        self.init { native?.cancel() }
    }

    /// Ends the registration. A call that has begun may still run.
    public func cancel() {
        end()
    }
}
