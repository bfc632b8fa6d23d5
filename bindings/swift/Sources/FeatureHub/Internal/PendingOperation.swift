internal import FeatureHubNative

/// An operation that a task waits for. It is given up when the task is cancelled.
final class PendingOperation: Sendable {
    private struct State: Sendable {
        var continuation: CheckedContinuation<Json, any Error>?
        var native: NativeOperation?
        var isCancelled = false
    }

    private let state = Locked(State())

    /// Begins an operation, and waits for its answer.
    ///
    /// - Throws: `CancellationError` if the task is cancelled, and the error of the operation.
    static func run(_ begin: (Function) throws -> NativeOperation) async throws -> Json {
        let operation = PendingOperation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { operation.start($0, begin) }
        } onCancel: {
            operation.cancel()
        }
    }

    private func start(_ continuation: CheckedContinuation<Json, any Error>, _ begin: (Function) throws -> NativeOperation) {
        let isCancelled = state.with { state in
            if !state.isCancelled { state.continuation = continuation }
            return state.isCancelled
        }
        if isCancelled {
            continuation.resume(throwing: CancellationError())
            return
        }
        do {
            let native = try begin(Function(calling: { [self] text in end(Result { try answer(of: text) }) }))
            keep(native)
        } catch {
            end(.failure(error))
        }
    }

    /// Keeps the native operation while the task waits for it.
    private func keep(_ native: NativeOperation) {
        let isAwaited = state.with { state in
            if state.continuation != nil { state.native = native }
            return state.continuation != nil
        }
        if !isAwaited { native.cancel() }
    }

    private func end(_ answer: Result<Json, any Error>) {
        let continuation = state.with { state in
            defer { (state.continuation, state.native) = (nil, nil) }
            return state.continuation
        }
        continuation?.resume(with: answer)
    }

    private func cancel() {
        let native = state.with { state in
            state.isCancelled = true
            return state.native
        }
        end(.failure(CancellationError()))
        native?.cancel()
    }
}
