/// Waits for a result. Returns nil if there is none within the time, and cancels the operation.
func result<Answer: Sendable>(within limit: Duration, of operation: @escaping @Sendable () async throws -> Answer) async throws -> Answer? {
    try await withThrowingTaskGroup(of: Answer?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}
