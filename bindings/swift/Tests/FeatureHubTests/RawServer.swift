import Foundation
import XCTest

@testable import FeatureHub

#if canImport(Glibc)
private let stream = Int32(SOCK_STREAM.rawValue)
private let withoutSignal = Int32(MSG_NOSIGNAL)
#else
private let stream = SOCK_STREAM
private let withoutSignal: Int32 = 0
#endif

/// A server on a socket of this machine, which a test answers byte by byte. It sends the greeting to each connection at once.
final class RawServer: Sendable {
    private struct State: Sendable {
        var isStopped = false
        var connections: [Connection] = []
        var waiting: [RawRequest] = []
        var count = 0
        var connectionCount = 0
    }

    private let listener: Int32
    private let greeting: String
    private let state = Locked(State())
    let port: UInt16

    init(greeting: String = "") throws {
        self.greeting = greeting
        (listener, port) = try Self.bound()
        Thread.detachNewThread { [self] in acceptAll() }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// The number of requests so far.
    var count: Int { state.with { $0.count } }

    /// The number of connections so far.
    var connectionCount: Int { state.with { $0.connectionCount } }

    /// Returns the next request if one has come.
    func poll() -> RawRequest? {
        state.with { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    /// Waits for the next request.
    func next() async throws -> RawRequest {
        var request: RawRequest?
        try await eventually("no request came") {
            request = poll()
            return request != nil
        }
        return try XCTUnwrap(request)
    }

    /// Ends all connections, and accepts no more.
    func stop() {
        let (wasStopped, connections) = state.with { state in
            defer { (state.isStopped, state.connections) = (true, []) }
            return (state.isStopped, state.connections)
        }
        for connection in connections { connection.end() }
        if !wasStopped { shutdown(listener, Int32(SHUT_RDWR)) }
    }

    /// Returns a socket that listens on a free port, and the port.
    private static func bound() throws -> (Int32, UInt16) {
        let listener = socket(AF_INET, stream, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failure = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) | listen(listener, 50) | getsockname(listener, address, &length)
            }
        }
        guard failure == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    private func acceptAll() {
        while true {
            let socket = accept(listener, nil, nil)
            guard socket >= 0 else { break }
            let connection = Connection(socket)
            let isStopped = state.with { state in
                state.connections.append(connection)
                state.connectionCount += 1
                return state.isStopped
            }
            if isStopped { connection.end() }
            Thread.detachNewThread { [self] in serve(connection) }
        }
        close(listener)
    }

    private func serve(_ connection: Connection) {
        connection.write(Array(greeting.utf8))
        while let head = connection.readHead() {
            let request = RawRequest(head, connection)
            state.with { state in
                state.waiting.append(request)
                state.count += 1
            }
        }
        connection.isOver.with { $0 = true }
    }
}

/// A connection of a client.
final class Connection: Sendable {
    private let socket: Int32
    /// True once the client has closed it.
    let isOver = Locked(false)

    init(_ socket: Int32) {
        self.socket = socket
    }

    deinit {
        close(socket)
    }

    func end() {
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// Sends bytes. Returns false if the connection has ended.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { send(socket, $0.baseAddress! + sent, $0.count - sent, withoutSignal) }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// Reads the lines of a request's head, and its body; nil at the end of the connection.
    fileprivate func readHead() -> [String]? {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let byte = read(1)?.first else { return nil }
            bytes.append(byte)
        }
        let lines = String(decoding: bytes.dropLast(4), as: UTF8.self).components(separatedBy: "\r\n")
        let length = lines.lazy.compactMap { header("content-length", of: $0) }.first.flatMap { Int($0) } ?? 0
        return read(length).map { lines + [String(decoding: $0, as: UTF8.self)] }
    }

    private func read(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var buffer = [UInt8](repeating: 0, count: count - bytes.count)
            let length = recv(socket, &buffer, buffer.count, 0)
            if length <= 0 { return nil }
            bytes += buffer.prefix(length)
        }
        return bytes
    }
}

/// Returns the value of a header's line that has this name.
private func header(_ name: String, of line: String) -> String? {
    let parts = line.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == name else { return nil }
    return parts[1].trimmingCharacters(in: .whitespaces)
}

/// A request, and the connection on which the test answers it.
final class RawRequest: Sendable {
    private let lines: [String]
    private let connection: Connection

    fileprivate init(_ lines: [String], _ connection: Connection) {
        (self.lines, self.connection) = (lines, connection)
    }

    /// The method, the path and the version.
    var line: String { lines[0] }
    var body: String { lines[lines.count - 1] }

    /// Returns the value of a header; several values are joined by commas.
    func header(_ name: String) -> String? {
        let values = lines.dropFirst().dropLast().compactMap { FeatureHubTests.header(name, of: $0) }
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    /// Sends bytes. Returns false if the connection has ended.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool { connection.write(bytes) }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends a complete response.
    func answer(_ status: Int, _ headers: String..., body: [UInt8] = []) {
        let lines = ["HTTP/1.1 \(status) Status"] + headers + ["Content-Length: \(body.count)", "", ""]
        send(Array(lines.joined(separator: "\r\n").utf8) + body)
    }

    /// Sends the head of a stream, and its first event with this value of the feature `COLOUR`.
    func stream(_ value: String) {
        send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: features\ndata: [\(feature(value))]\n\n")
    }

    /// Closes the connection.
    func hangUp() { connection.end() }

    /// True once the client has closed the connection.
    var isOver: Bool { connection.isOver.with { $0 } }

    /// Waits until the client has closed the connection.
    func awaitEnd() async throws {
        try await eventually("the connection is still open: \(line)") { isOver }
    }
}

/// Returns the JSON object of a feature with this value.
func feature(_ value: String) -> String {
    #"{"id": "1", "key": "COLOUR", "version": \#(value.utf8.count), "type": "STRING", "value": "\#(value)"}"#
}

/// Returns the body of a poll.
func poll(_ value: String) -> [UInt8] {
    Array(#"[{"id": "environment", "features": [\#(feature(value))]}]"#.utf8)
}

extension RawServer {
    static let key = "environment/secret-part*"
    static let patience = Duration.seconds(60)
    /// A time after the end of each test.
    static let never = Duration.seconds(3600)

    /// Starts a client that does not repeat a request within the test.
    func client(_ mode: FetchMode, url: String? = nil, _ change: (inout Settings) -> Void = { _ in }) throws -> Client {
        var settings = Settings()
        settings.mode = mode
        settings.backoff = Backoff(initial: Self.never, cap: Self.never, jitter: 0)
        settings.backoffWhenRefused = settings.backoff
        settings.pace = .zero
        change(&settings)
        return try Client(url ?? self.url, apiKeys: Self.key, settings: settings)
    }
}
