import FeatureHub
import Foundation

/// The time limit of a wait whose command gives none.
private let limit = Duration.seconds(5)

/// The time for the Edge's answer to an update. The client's own limit is longer than the runner waits.
private let updateLimit = Duration.seconds(8)

/// The time for the end of a client that is closed.
private let closeLimit = Duration.seconds(1)

/// The operations of the adapter protocol, which use the public items of the package only, as any program does.
actor Adapter {
    private let version: String
    private var clients: [String: AdapterClient] = [:]

    init(version: String) {
        self.version = version
    }

    /// Performs a command, and returns the members of the answer.
    func perform(_ command: Members) async throws -> [String: Json] {
        switch try command.given("op") {
        case "hello": return hello()
        case "evaluate": return try evaluate(command)
        case "create": return try create(command)
        case "state": return state(try client(of: command))
        case "wait": return try await wait(command)
        case "read":
            let client = try client(of: command)
            return ["answers": .list(try command.list("reads").map { try answer(of: client, $0) })]
        case "context":
            let attributes = command.attributes("attributes") ?? [:]
            return try await settle(command) { try await $0.setContext(attributes) }
        case "keys":
            let keys = command.texts("keys") ?? []
            return try await settle(command) { try await $0.setApiKeys(keys) }
        case "refresh": return try await refresh(command)
        case "update": return try await update(command)
        case "fork": throw AdapterError.unsupported(Capabilities.noFork)
        case "close": return try await close(command)
        case let name:
            try performSilently(name, command)
            return [:]
        }
    }

    /// Performs a command whose answer has no members.
    private func performSilently(_ name: String, _ command: Members) throws {
        let client = try client(of: command)
        switch name {
        case "listen": try listen(client, command)
        case "unlisten": client.listeners.remove(try command.given("listener"))
        case "suspend": client.sdk.suspend()
        case "resume": client.sdk.resume()
        case "catch": if command["on"] == .boolean(false) { client.sdk.stopCatching() } else { client.sdk.catchUpdates() }
        case "release": if let features = command.texts("features") { client.sdk.release(features) } else { client.sdk.release() }
        case "intercept": try intercept(client, command)
        case "record":
            try client.reads(command.attributes("context")).record(command.given("name"), params: command.object("params") ?? [:])
        default: throw AdapterError.misuse("there is no operation \(name)")
        }
    }

    private func client(of command: Members) throws -> AdapterClient {
        let name = try command.given("client")
        guard let client = clients[name] else { throw AdapterError.misuse("there is no client \"\(name)\"") }
        return client
    }

    private func hello() -> [String: Json] {
        let sdk = [
            "name": "fh-swift", "version": version, "language": "Swift",
            "runtime": "Swift 6, \(ProcessInfo.processInfo.operatingSystemVersionString)",
        ]
        return [
            "protocol": .integer(1), "sdk": .texts(sdk), "defaults": .object(Defaults.members),
            "cannot": .texts(Capabilities.cannot),
        ]
    }

    private func create(_ command: Members) throws -> [String: Json] {
        let name = try command.given("client")
        if let former = clients[name], former.sdk.readiness != .closed {
            throw AdapterError.misuse("the client \"\(name)\" exists and is not closed")
        }
        if command.flag("debug") {
            Logs.send(from: .trace) { level, text in FileHandle.standardError.write(Data("\(level.rawValue) \(text)\n".utf8)) }
        }
        try HttpSettings.set(command)
        let sdk = try Client(command.given("edge_url"), apiKeys: command.texts("keys") ?? [], settings: Settings(command))
        let client = AdapterClient(name, sdk)
        clients[name] = client
        startReaders(client, count: Int(command.number("readers") ?? 0))
        return ["ignored": .list([])]
    }

    private func readiness(of client: AdapterClient) -> [String: Json] { ["readiness": .text(client.sdk.readiness.rawValue)] }

    private func state(_ client: AdapterClient) -> [String: Json] {
        let status = client.sdk.status
        return [
            "readiness": .text(status.readiness.rawValue),
            "problem": .optional(status.message),
            // Features from a snapshot file may be out of date until the Edge has confirmed or replaced them.
            "stale": .boolean(status.isStale || status.source == "snapshot"),
            "age_ms": status.dataAge.map { .integer(Int64($0 / .milliseconds(1))) } ?? .null,
            "sent": .integer(status.requests),
        ]
    }

    private func wait(_ command: Members) async throws -> [String: Json] {
        let client = try client(of: command)
        do {
            try await client.sdk.ready(timeout: command.millis("timeout_ms") ?? limit)
        } catch is ClientError {
            // The answer holds the readiness, which is the reason of the error.
        }
        return readiness(of: client)
    }

    /// Performs something that ends later, and returns the readiness at its end, or after the command's time.
    private func settle<Answer: Sendable>(
        _ command: Members, _ perform: @escaping @Sendable (Client) async throws -> Answer
    ) async throws -> [String: Json] {
        let client = try client(of: command)
        _ = try await result(within: command.millis("timeout_ms") ?? limit) { try await perform(client.sdk) }
        return readiness(of: client)
    }

    private func refresh(_ command: Members) async throws -> [String: Json] {
        do {
            return try await settle(command) { try await $0.refresh() }
        } catch is ClientError {
            // `state` tells the problem.
            return readiness(of: try client(of: command))
        }
    }

    private func update(_ command: Members) async throws -> [String: Json] {
        let (updates, feature) = (try client(of: command).sdk.testUpdates(), try command.given("feature"))
        var update = Update()
        if command.contains("value") { update = update.value(command.value("value")) }
        if command["lock"] != .null { update = command.flag("lock") ? update.lock() : update.unlock() }
        let outcome: Outcome?
        do {
            outcome = try await result(within: updateLimit) { [update] in try await updates.set(feature, update) }
        } catch ClientError.refused(_, _, status: let status?) {
            return ["accepted": .boolean(false), "status": .integer(Int64(status))]
        }
        guard let outcome else { throw AdapterError.late("the update did not end within \(updateLimit)") }
        // Statuses 200 and 201 are one outcome of the client.
        return ["accepted": .boolean(true), "status": outcome == .accepted ? .null : .integer(202)]
    }

    private func close(_ command: Members) async throws -> [String: Json] {
        let sdk = try client(of: command).sdk
        let took = ContinuousClock().measure { sdk.close() }
        // The next client may use the same store.
        _ = try await result(within: closeLimit) { try await sdk.closed() }
        return ["took_ms": .integer(Int64(took / .milliseconds(1)))]
    }
}
