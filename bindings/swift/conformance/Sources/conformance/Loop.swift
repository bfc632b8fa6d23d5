import Foundation
import Synchronization

/// An error of the adapter.
enum AdapterError: Error {
    /// The client lacks the capability. `hello` lists it under `cannot`.
    case unsupported(String)
    /// The command names something that does not exist, such as an unknown client.
    case misuse(String)
    /// The client has not ended an operation within the time.
    case late(String)
    /// The runner has ordered the error.
    case thrown(String)
}

/// The loop of an adapter: reads commands, performs them, and writes answers and events.
enum Loop {
    /// The time after the end of the input until the process ends, whatever the client does.
    private static let exitSeconds = 1.0
    private static let output = Mutex(())

    /// Sends an event. Any thread may call it.
    static func event(_ name: String, _ members: [String: Json]) {
        send(members.merging(["event": .text(name)]) { $1 })
    }

    /// Performs the commands of the standard input, one after the other, until the input ends.
    static func run(_ perform: @Sendable (Members) async throws -> [String: Json]) async {
        let (lines, input) = AsyncStream.makeStream(of: String.self)
        // A thread of its own, because reading the input blocks it.
        Thread.detachNewThread {
            while let line = readLine() { input.yield(line) }
            input.finish()
            Thread.sleep(forTimeInterval: exitSeconds)
            _exit(0)
        }
        for await line in lines where !line.isEmpty { await answer(line, perform) }
        exit(0)
    }

    private static func answer(_ line: String, _ perform: @Sendable (Members) async throws -> [String: Json]) async {
        var id = Json.null
        var members: [String: Json]
        do {
            let command = try Members(line: line)
            id = command["id"]
            members = try await perform(command)
        } catch AdapterError.unsupported(let reason) {
            members = failure("unsupported", reason)
        } catch AdapterError.misuse(let reason) {
            members = failure("adapter", reason)
        } catch {
            // An error of the client is an answer.
            members = failure("sdk", "\(error)")
        }
        members["id"] = id
        send(members)
    }

    private static func failure(_ code: String, _ message: String) -> [String: Json] {
        ["error": .object(["code": .text(code), "message": .text(message)])]
    }

    private static func send(_ message: [String: Json]) {
        let line = Json.object(message).data + Data("\n".utf8)
        output.withLock { _ in FileHandle.standardOutput.write(line) }
    }
}
