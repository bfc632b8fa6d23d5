import Foundation
internal import FeatureHubNative

/// A time of day that stands still until the program sets it, for tests.
public final class FixedClock: Sendable {
    let native: NativeObject

    public init(_ now: Date) throws {
        native = try object(["new": .text("clock"), "millis": .integer(now.millis)])
    }

    /// The time. Setting it calls no listener, because the passing of time starts no comparison.
    public var now: Date {
        get { Date(millis: native.answer("now").integer ?? 0) }
        set { _ = native.answer("set", ["millis": .integer(newValue.millis)]) }
    }
}

extension Date {
    /// The milliseconds since 1970. A date outside of a million years is the nearest one inside.
    var millis: Int64 {
        let limit = 3.2e16
        return Int64(min(max(timeIntervalSince1970 * 1000, -limit), limit).rounded())
    }

    init(millis: Int64) {
        self.init(timeIntervalSince1970: Double(millis) / 1000)
    }
}
