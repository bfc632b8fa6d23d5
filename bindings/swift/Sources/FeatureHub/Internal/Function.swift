internal import FeatureHubNative

/// A function of the program, as the native library calls it.
final class Function: NativeFunction {
    private let body: @Sendable (String) throws -> Void
    private let decision: @Sendable (String) throws -> String?

    /// A function that gets events.
    init(calling body: @escaping @Sendable (String) throws -> Void) {
        self.body = body
        decision = { _ in nil }
    }

    /// An interceptor, which gets reads, and decides about them.
    init(deciding decision: @escaping @Sendable (String) throws -> String?) {
        body = { _ in }
        self.decision = decision
    }

    /// A function that gets events as trees.
    static func of(_ body: @escaping @Sendable (Json) throws -> Void) -> Function {
        Function(calling: { try body(Json(parsing: $0)) })
    }

    func call(event: String) -> Bool {
        do {
            try body(event)
            return true
        } catch {
            return false
        }
    }

    func decide(read: String) -> String? {
        do {
            return try decision(read)
        } catch {
            // This is no value, so the client counts a failure.
            return "failed"
        }
    }
}
