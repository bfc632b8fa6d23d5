internal import FeatureHubNative

/// A client of one Edge. It keeps the features current on threads of its own. Reads without a context are methods of the client;
/// ``context(_:)`` returns reads for a user. The client ends when it is closed, or when nothing refers to it.
public final class Client: Reads {
    public let reader: Reader
    public var client: Client { self }
    let transport: URLSessionTransport?

    private var native: NativeClient { reader.client }

    /// Starts a client, and returns at once, before the Edge has sent features.
    ///
    /// ```swift
    /// let client = try Client("https://edge.example", apiKeys: "ENVIRONMENT/KEY*")
    /// ```
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if a setting is wrong. The text says which one, and what to write instead.
    public convenience init(_ url: String, apiKeys: String..., settings: Settings = Settings()) throws {
        try self.init(url, apiKeys: apiKeys, settings: settings)
    }

    /// Starts a client for a list of API keys, and returns at once, before the Edge has sent features.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if a setting is wrong
    public convenience init(_ url: String, apiKeys: [String], settings: Settings = Settings()) throws {
        try self.init(settings, ["url": .text(url), "apiKeys": .list(apiKeys.map { .text($0) })])
    }

    /// Starts a client whose URL and API keys, and the settings that are nil, come from environment variables, such as
    /// `FEATUREHUB_EDGE_URL` and `FEATUREHUB_CLIENT_API_KEY`.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if a setting is wrong
    public static func fromEnvironment(settings: Settings = Settings()) throws -> Client {
        try Client(settings, [:])
    }

    /// Starts a client. Without an Edge in memory, a session of URLSession sends its requests.
    convenience init(_ settings: Settings, _ address: [String: Json], edge: NativeObject? = nil) throws {
        Logs.begin()
        let document = try Json.object(settings.document.merging(address) { $1 }).written
        let transport = settings.mode == .offline || edge != nil ? nil : URLSessionTransport(settings)
        let parts = settings.parts + (edge.map { [Part(["is": .text("edge")], $0)] } ?? [])
        let (described, functions, objects) = parts.described
        let native = try Self.using(transport) {
            try NativeClient.start(
                settings: document, http: transport, described: described, functions: functions, objects: objects)
        }
        self.init(native, transport)
    }

    private init(_ native: NativeClient, _ transport: URLSessionTransport?) {
        self.transport = transport
        reader = Reader(native, native, Lifetime { transport?.leave() })
    }

    /// Starts a native client that uses the transport.
    private static func using(_ transport: URLSessionTransport?, _ start: () throws -> NativeClient) throws -> NativeClient {
        transport?.enter()
        do {
            return try checked(start)
        } catch {
            transport?.leave()
            throw error
        }
    }

    deinit {
        reader.lifetime.end()
    }

    /// The readiness of the client.
    public var readiness: Readiness { Readiness(native.answer("readiness")) }

    /// True if the client has features.
    public var isReady: Bool { readiness == .ready }

    /// The attribute of contexts that holds the key of a user: `userkey` for FeatureHub, `keyId` for FeatBit, and `key` for FeatureSignals.
    public var userKeyAttribute: String { native.answer("userKeyAttribute").text ?? "" }

    /// The present status.
    public var status: Status { Status(native.answer("status")) }

    /// Returns a context with these attributes. Nil leaves an attribute out. Rules of FeatBit read a list as its JSON text, and rules of
    /// FeatureSignals as `[a b]`.
    public func context(_ attributes: [String: any AttributeValue]) -> Context { Context(self, PackedAttributes(attributes)) }

    /// Starts a client with the same settings, and with a context of its own at the Edge, for server-evaluated keys. The functions of the
    /// program remain those of this client.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if an attribute is wrong
    public func isolated(_ attributes: [String: any AttributeValue]) throws -> Client {
        // The isolated client shares the session.
        Client(try Self.using(transport) { try native.isolated(attributes: PackedAttributes(attributes).bytes) }, transport)
    }

    /// Waits until the client has features.
    ///
    /// - Throws: ``ClientError/notReady(_:problem:)`` if the Edge refuses the client, or after the time; ``ClientError/closed(_:)`` if the
    ///   client is closed; `CancellationError` if the task is cancelled
    public func ready(timeout: Duration = .seconds(30)) async throws {
        let native = native
        let isOver = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = try await native.begin("ready", ["throughRefusals": .boolean(false)])
                return false
            }
            group.addTask {
                try await Task.sleep(for: timeout.limit)
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
        let packed = PackedAttributes(attributes)
        _ = try await native.begin("setContext", ["context": packed.json])
        return Context(self, packed)
    }

    /// Asks the Edge for features now, and waits until they are there.
    @discardableResult
    public func refresh() async throws -> Readiness { Readiness(try await native.begin("refresh")) }

    /// Replaces the API keys, and waits until the features for them are there.
    @discardableResult
    public func setApiKeys(_ keys: String...) async throws -> Readiness { try await setApiKeys(keys) }

    /// Replaces the API keys by those of a list, and waits until the features for them are there.
    @discardableResult
    public func setApiKeys(_ keys: [String]) async throws -> Readiness {
        Readiness(try await native.begin("setApiKeys", ["keys": .list(keys.map { .text($0) })]))
    }

    /// Replaces the headers that are added to each request, and waits until the features for them are there.
    @discardableResult
    public func setHeaders(_ headers: [String: String]) async throws -> Readiness {
        let pairs = headers.map { Json.list([.text($0.key), .text($0.value)]) }
        return Readiness(try await native.begin("setHeaders", ["headers": .list(pairs)]))
    }

    /// Calls a function with the present readiness, and when it changes.
    @discardableResult
    public func onReadiness(_ listener: @escaping @Sendable (Readiness) throws -> Void) -> Subscription {
        reader.register(.readiness(listener))
    }

    /// Calls a function with the present status, and when the readiness, the connection or the problem changes.
    @discardableResult
    public func onStatus(_ listener: @escaping @Sendable (StatusChange) throws -> Void) -> Subscription {
        reader.register(.status(listener))
    }

    /// Calls a function with updates that change features visibly.
    @discardableResult
    public func onNewState(_ listener: @escaping @Sendable (NewState) throws -> Void) -> Subscription {
        reader.register(.newState(listener))
    }

    /// Calls a function with the unchanged text of updates.
    @discardableResult
    public func onRaw(_ listener: @escaping @Sendable (RawUpdate) throws -> Void) -> Subscription {
        reader.register(.raw(listener))
    }

    /// Calls a function with unusual events that do not stop the client.
    @discardableResult
    public func onNotice(_ listener: @escaping @Sendable (Notice) throws -> Void) -> Subscription {
        reader.register(.notice(listener))
    }

    /// Returns the present status and its changes, until the task that iterates is cancelled or the client has ended.
    public func statuses() -> AsyncStream<StatusChange> {
        reader.events { yield in onStatus(yield) }
    }

    /// Registers an interceptor, or overrides of the program. The first one that is registered decides first.
    @discardableResult
    public func intercept(_ interception: Interception) -> Subscription { reader.register(interception.part) }

    /// Compares the values for all listeners, after an interceptor's own data have changed.
    public func overridesChanged() { _ = native.answer("overridesChanged") }

    /// Registers an observer of the uses of features.
    @discardableResult
    public func observe(_ observer: UsageObserver) -> Subscription { reader.register(observer.part) }

    /// Holds back all later updates, until they are released.
    public func catchUpdates() { _ = native.answer("catchUpdates") }

    /// Applies the updates that are held back, of all features or of these. Later updates are held back again.
    public func release(_ keys: String...) {
        if keys.isEmpty { _ = native.answer("release") } else { release(keys) }
    }

    /// Applies the updates of the features of a list that are held back. Later updates are held back again.
    public func release(_ keys: [String]) {
        _ = native.answer("release", ["keys": .list(keys.map { .text($0) })])
    }

    /// Applies the updates that are held back, and ends ``catchUpdates()``.
    public func stopCatching() { _ = native.answer("stopCatching") }

    /// True if updates are held back.
    public var isCatching: Bool { native.answer("isCatching").boolean ?? false }

    /// True if an update waits to be released.
    public var isHolding: Bool { native.answer("isHolding").boolean ?? false }

    /// The keys of the features whose updates wait to be released.
    public var heldKeys: [String] { native.answer("heldKeys").texts }

    /// The keys of all features.
    public var keys: [String] { native.answer("keys").texts }

    /// The ids of the environments.
    public var environments: [String] { native.answer("environments").texts }

    /// A text for each part of the features that could not be used.
    public var diagnostics: [String] { native.answer("diagnostics").texts }

    /// Adds features from a store of the program, in the background. `features` is a JSON list of the features of an environment.
    public func offerFeatures(store: String, environment: String, features: String) {
        _ = native.answer("offerFeatures", ["store": .text(store), "environment": .text(environment), "features": .text(features)])
    }

    /// Returns test updates with an API key, or with the first one of the client.
    public func testUpdates(apiKey: String? = nil) -> TestUpdates { TestUpdates(client: native, apiKey: apiKey) }

    /// The number of the state that reads use. It grows with each change.
    public var generation: Int64 { native.answer("generation").integer ?? 0 }

    /// Ends the connection, and keeps the features, until ``resume()``. Returns at once.
    public func suspend() { _ = native.answer("suspend") }

    /// Ends ``suspend()``. Returns at once.
    public func resume() { _ = native.answer("resume") }

    /// Waits until listeners have all events so far. Returns false after the time. It blocks its thread.
    public func flush(timeout: Duration) -> Bool {
        (try? native.perform("flush", ["millis": .integer(max(0, timeout.millis))])) != nil
    }

    /// Ends the client, and returns at once. The last values answer afterwards. After the last events, the client forgets the functions of
    /// the program.
    public func close() {
        _ = native.answer("close")
        // Listeners get the last events before they are forgotten.
        let end = Function(calling: { [native, lifetime = reader.lifetime] _ in
            lifetime.end()
            native.forgetFunctions()
        })
        _ = try? native.begin(request: #"{"do": "closed"}"#, done: end)
    }

    /// Waits for the end of the client, after ``close()``.
    public func closed() async throws { _ = try await native.begin("closed") }
}

extension Client: CustomStringConvertible {
    /// The readiness of the client.
    public var description: String { "Client(\(readiness))" }
}
