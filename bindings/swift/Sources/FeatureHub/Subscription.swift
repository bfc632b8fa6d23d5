internal import FeatureHubNative

/// The registration of a function. It lasts until it is cancelled, or until the client has ended. A registration that is forgotten goes on.
public final class Subscription: Sendable {
    private let native: NativeRegistration?

    init(_ native: NativeRegistration?) {
        self.native = native
    }

    /// Ends the registration. A call that has begun may still run.
    public func cancel() {
        native?.cancel()
    }
}
