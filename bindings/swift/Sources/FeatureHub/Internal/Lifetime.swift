/// The resources that a client releases when it ends: its streams, and its use of the transport.
final class Lifetime: Sendable {
    private struct State: Sendable {
        var isOver = false
        var last = 0
        var finishes: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Locked(State())

    /// Creates a lifetime whose end calls a function.
    init(_ end: @escaping @Sendable () -> Void) {
        _ = add(end)
    }

    /// Keeps a function that is called at the end, and returns its number. After the end, the function is called at once.
    func add(_ finish: @escaping @Sendable () -> Void) -> Int {
        let number = state.with { state -> Int? in
            if state.isOver { return nil }
            state.last += 1
            state.finishes[state.last] = finish
            return state.last
        }
        if number == nil { finish() }
        return number ?? 0
    }

    func remove(_ number: Int) {
        _ = state.with { $0.finishes.removeValue(forKey: number) }
    }

    func end() {
        let finishes = state.with { state in
            state.isOver = true
            defer { state.finishes = [:] }
            return state.finishes
        }
        for finish in finishes.values { finish() }
    }
}
