internal import FeatureHubNative

/// A client of one Edge. It keeps the features current on threads of its own. Reads without a context are methods of the client;
/// ``context(_:)`` returns reads for a user. The client ends when it is closed, or when nothing refers to it.
public final class Client: Reads {
    public let reader: Reader
    let transport: URLSessionTransport?

    private var native: NativeClient { reader.client }

    /// Starts a client, and returns at once, before the Edge has sent features.
    ///
    /// ```swift
    /// let client = try Client("https://edge.example", apiKeys: "ENVIRONMENT/KEY")
    /// ```
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if a setting is wrong. The text says which one, and what to write instead.
    public convenience init(_ url: String, apiKeys: String..., settings: Settings = Settings()) throws {
        try self.init(settings, ["url": .text(url), "apiKeys": .list(apiKeys.map { .text($0) })])
    }

    /// Starts a client whose URL and API keys, and the settings that are nil, come from environment variables, such as `FEATUREHUB_EDGE_URL` and
    /// `FEATUREHUB_CLIENT_API_KEY`.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if a setting is wrong
    public static func fromEnvironment(settings: Settings = Settings()) throws -> Client {
        try Client(settings, [:])
    }

    private init(_ settings: Settings, _ address: [String: Json]) throws {
        let document = try Json.object(settings.document.merging(address) { $1 }).written
        let transport = settings.mode == .offline ? nil : URLSessionTransport(settings)
        let native = try checked {
            try NativeClient.start(settings: document, http: transport, described: [], functions: [], objects: [])
        }
        self.transport = transport
        reader = Reader(reads: native, client: native, lifetime: Lifetime(), given: .null)
    }

    deinit {
        reader.lifetime.end()
    }

    /// The readiness of the client.
    public var readiness: Readiness { Readiness(native.answer("readiness")) }

    /// True if the client has features.
    public var isReady: Bool { readiness == .ready }

    /// The present status.
    public var status: Status { Status(native.answer("status")) }

    /// Returns a context with these attributes. Nil and empty lists leave an attribute out.
    public func context(_ attributes: [String: any AttributeValue]) -> Context { Context(self, texts(attributes)) }

    /// Waits until the client has features.
    ///
    /// - Throws: ``ClientError/notReady(_:problem:)`` if the Edge refuses the client, or after the time; ``ClientError/closed(_:)`` if the client
    ///   is closed; `CancellationError` if the task is cancelled
    public func ready(timeout: Duration = .seconds(30)) async throws {
        let native = native
        let isOver = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = try await native.begin("ready", ["throughRefusals": .boolean(false)])
                return false
            }
            group.addTask {
                try await Task.sleep(for: timeout)
                return true
            }
            defer { group.cancelAll() }
            return try await group.next() ?? true
        }
        if isOver {
            let status = status
            let reason = status.message.map { ": \($0)" } ?? ""
            throw ClientError.notReady("the client has no features after \(timeout)\(reason)", problem: status.problem)
        }
    }

    /// Waits until the Edge has evaluated the features for this context, for server-evaluated keys. Returns the context.
    public func setContext(_ attributes: [String: any AttributeValue]) async throws -> Context {
        _ = try await native.begin("setContext", ["context": .attributes(texts(attributes))])
        return context(attributes)
    }

    /// Asks the Edge for features now, and waits until they are there.
    public func refresh() async throws -> Readiness { Readiness(try await native.begin("refresh")) }

    /// Calls a function with the present readiness, and when it changes.
    @discardableResult
    public func onReadiness(_ listener: @escaping @Sendable (Readiness) throws -> Void) -> Subscription {
        reader.register(["is": .text("readiness")]) { try listener(Readiness($0["readiness"])) }
    }

    /// Calls a function with the present status, and when the readiness, the connection or the problem changes.
    @discardableResult
    public func onStatus(_ listener: @escaping @Sendable (Status) throws -> Void) -> Subscription {
        reader.register(["is": .text("status")]) { try listener(Status($0)) }
    }

    /// Returns the present status and its changes, until the task that iterates is cancelled or the client has ended.
    public func statuses() -> AsyncStream<Status> {
        reader.events { yield in onStatus(yield) }
    }

    /// The keys of all features.
    public var keys: [String] { native.answer("keys").texts }

    /// The number of the state that reads use. It grows with each change.
    public var generation: Int64 { native.answer("generation").integer ?? 0 }

    /// Ends the connection, and keeps the features, until ``resume()``. Returns at once.
    public func suspend() { _ = native.answer("suspend") }

    /// Ends ``suspend()``. Returns at once.
    public func resume() { _ = native.answer("resume") }

    /// Ends the client, and returns at once. The last values answer afterwards.
    public func close() {
        _ = native.answer("close")
        // Listeners get the last events before they are forgotten.
        let end = Function { [native, transport, lifetime = reader.lifetime] _ in
            lifetime.end()
            native.forgetFunctions()
            transport?.invalidate()
        }
        _ = try? native.begin(request: #"{"do": "closed"}"#, done: end)
    }

    /// Waits for the end of the client, after ``close()``.
    public func closed() async throws { _ = try await native.begin("closed") }
}

extension Client: CustomStringConvertible {
    /// The readiness of the client.
    public var description: String { "Client(\(readiness))" }
}
