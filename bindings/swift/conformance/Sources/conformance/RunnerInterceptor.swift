import FeatureHub

/// An interceptor of the runner. Its end is the end of the function that the client calls.
private final class RunnerInterceptor: Sendable {
    private let client: String
    private let name: String
    private let feature: String?
    private let value: Value?
    private let throwing: Bool

    init(_ command: Members) throws {
        (client, name) = (try command.given("client"), try command.given("interceptor"))
        (feature, value, throwing) = (command.text("feature"), command.value("value"), command.flag("throw"))
    }

    func intercept(_ read: InterceptedRead) throws -> Decision {
        if let feature, feature != read.key { return .next }
        if throwing { throw AdapterError.thrown("the interceptor \(name) throws") }
        return value.map { .override($0) } ?? .next
    }

    deinit {
        Loop.event("closed", ["client": .text(client), "interceptor": .text(name)])
    }
}

/// Adds an interceptor.
func intercept(_ client: AdapterClient, _ command: Members) throws {
    let (name, interceptor) = (try command.given("interceptor"), try RunnerInterceptor(command))
    let locks = command.flag("even_locked") ? LockPolicy.override : .respect
    client.interceptors.add(name) {
        client.sdk.intercept(Interception(name, locks: locks) { try interceptor.intercept($0) })
    }
}
