internal import FeatureHubNative

/// A function of the program, as the native library calls it.
final class Function: NativeFunction {
    private let body: @Sendable (String) throws -> Void

    init(_ body: @escaping @Sendable (String) throws -> Void) {
        self.body = body
    }

    /// A function that gets events.
    static func of(_ body: @escaping @Sendable (Json) throws -> Void) -> Function {
        Function { try body(Json(parsing: $0)) }
    }

    func call(event: String) -> Bool {
        do {
            try body(event)
            return true
        } catch {
            return false
        }
    }

    /// Leaves the decision to the next interceptor.
    func decide(read: String) -> String? { nil }
}
