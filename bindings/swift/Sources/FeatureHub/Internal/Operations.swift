internal import FeatureHubNative

/// An object of the native library that performs operations.
protocol Operations: Sendable {
    /// Performs an operation, and returns its answer as JSON.
    func perform(request: String) -> String
    /// Begins an operation that ends later.
    func begin(request: String, done: NativeFunction) throws -> NativeOperation
}

extension NativeClient: Operations {}
extension NativeObject: Operations {}

extension Operations {
    /// Performs an operation that cannot fail, and returns its answer.
    func answer(_ operation: String, _ members: [String: Json] = [:]) -> Json {
        (try? perform(operation, members)) ?? .null
    }

    /// Performs an operation, and returns its answer.
    @discardableResult
    func perform(_ operation: String, _ members: [String: Json] = [:]) throws -> Json {
        try FeatureHub.answer(of: perform(request: request(operation, members).written))
    }

    /// Begins an operation that ends later, and waits for its answer.
    @discardableResult
    func begin(_ operation: String, _ members: [String: Json] = [:]) async throws -> Json {
        let text = try request(operation, members).written
        return try await PendingOperation.run { done in try checked { try begin(request: text, done: done) } }
    }

    private func request(_ operation: String, _ members: [String: Json]) -> Json {
        .object(members.merging(["do": .text(operation)]) { $1 })
    }
}

/// Returns the answer of an operation.
///
/// - Throws: ``ClientError`` if the operation failed
func answer(of text: String) throws -> Json {
    let json = try Json(parsing: text)
    if case .object(let members) = json, let answer = members["answer"] { return answer }
    throw ClientError(json["failure"])
}

/// Calls the native library, whose error is a wrong argument.
func checked<Answer>(_ call: () throws -> Answer) throws -> Answer {
    do {
        return try call()
    } catch NativeError.Invalid(let text) {
        throw ClientError.invalid(text)
    }
}
