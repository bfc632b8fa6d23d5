import Foundation

/// A value that one thread at a time reads and changes.
final class Locked<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    /// Calls a function with the value, which it may change. The function calls no other code of the program.
    func with<Answer>(_ change: (inout Value) throws -> Answer) rethrows -> Answer {
        lock.lock()
        defer { lock.unlock() }
        return try change(&value)
    }
}
