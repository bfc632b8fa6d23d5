import XCTest

@testable import FeatureHub

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The requests and the responses of URLSession, against sockets.
final class TransportTests: XCTestCase {
    private var server: RawServer!

    override func setUpWithError() throws {
        server = try RawServer()
    }

    override func tearDown() {
        server.stop()
    }

    func testAnEventOfAStreamArrivesAtOnceWhateverTheFormOfTheBody() async throws {
        let forms: [(headers: String, head: [UInt8], form: ([UInt8]) -> [UInt8])] = [
            ("x-form: plain", [], { $0 }),
            ("transfer-encoding: chunked", [], chunk),
            ("content-encoding: GZIP", Gzip.head, Gzip.part),
            ("content-encoding: gzip\r\ntransfer-encoding: chunked", chunk(Gzip.head), { chunk(Gzip.part($0)) }),
        ]
        for (headers, head, form) in forms {
            let client = try server.client(.streaming)
            let request = try await server.next()
            XCTAssertEqual(request.header("accept-encoding"), "identity")
            request.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\(headers)\r\n\r\n")
            request.send(head + form(Array("event: features\ndata: [\(feature("red"))]\n\n".utf8)))
            for value in ["orange", "turquoise"] {
                request.send(form(Array("event: feature\ndata: \(feature(value))\n\n".utf8)))
                try await eventually("\(value) does not arrive: \(headers)") { client.string("COLOUR") == value }
            }
            client.close()
            try await request.awaitEnd()
        }
    }

    /// Each line: what the server sends, and the value of the feature, or the problem, which the client has then.
    func testBodiesOfAllFormsArriveOrAreProblems() async throws {
        let body = poll("red")
        let head = "HTTP/1.1 200 OK\r\n\(json)\r\n"
        let table: [(name: String, bytes: [UInt8], outcome: String)] = [
            ("without a length", Array("\(head)\r\n".utf8) + body, "red"),
            ("in chunks", Array("\(head)transfer-encoding: chunked\r\n\r\n".utf8) + chunk(body) + chunk([]), "red"),
            ("in gzip", Array("\(head)content-encoding: gzip\r\n\r\n".utf8) + Gzip.whole(body), "red"),
            ("after an early head", Array("HTTP/1.1 103 Early Hints\r\nx-a: b\r\n\r\n\(head)\r\n".utf8) + body, "red"),
            ("with invalid UTF-8", Array("\(head)\r\n".utf8) + [0x5b, 0xc3, 0x28, 0xff], "malformed"),
            ("cut off in a length", Array("\(head)content-length: 999\r\n\r\n".utf8) + body, "unreachable"),
            ("cut off in a chunk", Array("\(head)transfer-encoding: chunked\r\n\r\n9\r\n[".utf8), "unreachable"),
            ("cut off in gzip", Array("\(head)content-encoding: gzip\r\n\r\n".utf8) + Gzip.head.prefix(3), "malformed"),
            ("that is no gzip", Array("\(head)content-encoding: gzip\r\n\r\nno gzip at all".utf8), "unreachable"),
        ]
        for (name, bytes, outcome) in table {
            let client = try server.client(.once)
            let request = try await server.next()
            request.send(bytes)
            request.hangUp()
            try await eventually("\(name): \(client.status)") { client.isReady || client.status.problem != nil }
            XCTAssertEqual(client.string("COLOUR") ?? client.status.problem, outcome, "\(name): \(client.status)")
        }
    }

    /// Each line: what the server sends, and the problem of the client.
    func testEachCallSendsExactlyOneRequest() async throws {
        let other = try RawServer()
        var table: [(name: String, problem: String, answer: @Sendable (RawRequest) -> Void)] = [
            ("a redirect to another server", "redirect", { $0.answer(302, "location: \(other.url)/") }),
            ("a redirect without a location", "redirect", { $0.answer(302) }),
            ("a redirect to no URL", "redirect", { $0.answer(302, "location: //[::") }),
            ("a redirect to an address without a host", "redirect", { $0.answer(301, "location: mailto:x") }),
            ("a login", "unauthorised", { $0.answer(401, "www-authenticate: Basic realm=\"x\"") }),
            ("a timeout", "unexpected_status", { $0.answer(408, "connection: close") }),
            ("an immediate retry", "server_error", { $0.answer(503, "retry-after: 0") }),
            ("a late retry", "server_error", { $0.answer(503, "retry-after: 99999999999999") }),
            ("an end without response", "unreachable", { $0.hangUp() }),
            ("a response that is not HTTP", "unreachable", { $0.send("220 mail ready\r\n\r\n"); $0.hangUp() }),
        ]
        // URLSession of Linux ended the program before Swift 6.4.
        #if !canImport(FoundationNetworking) || compiler(>=6.4)
        table.append(("an end within the head", "unreachable", { $0.send("HTTP/1.1 200 OK\r\n"); $0.hangUp() }))
        #endif
        for (name, expected, answer) in table {
            let before = server.count
            let client = try server.client(.once)
            answer(try await server.next())
            let problem = try await problem(of: client)
            XCTAssertTrue(problem.hasPrefix("\(expected): "), "\(name): \(problem)")
            XCTAssertEqual(server.count, before + 1, name)
        }
        XCTAssertEqual(other.count, 0)
        other.stop()
    }

    /// The session has a password for the server, which it would send in a second request.
    func testATestUpdateThatTheServerRefusesIsNotRepeatedWithAPassword() async throws {
        let given = URLSessionConfiguration.ephemeral
        let space = URLProtectionSpace(
            host: "127.0.0.1", port: Int(server.port), protocol: "http", realm: "x",
            authenticationMethod: NSURLAuthenticationMethodHTTPBasic)
        let password = URLCredential(user: "mara", password: "x", persistence: .forSession)
        given.urlCredentialStorage?.setDefaultCredential(password, for: space)
        let client = try server.client(.once) { $0.urlSession = given }
        try await server.next().answer(200, json, body: poll("red"))
        try await client.ready(timeout: RawServer.patience)
        let refusal = Task { try await client.testUpdates().set("COLOUR", Update().value("🦆")) }
        let request = try await server.next()
        XCTAssertTrue(request.line.hasPrefix("PUT "), request.line)
        XCTAssertTrue(request.body.contains("🦆"), request.body)
        request.answer(401, "www-authenticate: Basic realm=\"x\"")
        do {
            _ = try await refusal.value
            XCTFail("no failure")
        } catch ClientError.refused(_, _, let status) {
            XCTAssertEqual(status, 401)
        }
        XCTAssertEqual(server.count, 2)
    }

    func testResponsesLeaveNeitherCookiesNorACacheBehind() async throws {
        let given = URLSessionConfiguration.ephemeral
        let properties: [HTTPCookiePropertyKey: Any] = [.domain: "127.0.0.1", .path: "/", .name: "c", .value: "d"]
        given.httpCookieStorage?.setCookie(try XCTUnwrap(HTTPCookie(properties: properties)))
        given.urlCache = URLCache(memoryCapacity: 1 << 20, diskCapacity: 0, diskPath: nil)
        let client = try server.client(.polling) { settings in
            settings.interval = .milliseconds(1)
            settings.urlSession = given
        }
        let first = try await server.next()
        XCTAssertTrue(first.header("accept-encoding")!.contains("gzip"))
        #if canImport(FoundationNetworking)
        // URLSession would repeat a request on a connection that was used before.
        XCTAssertEqual(first.header("connection"), "close")
        #endif
        XCTAssertNil(first.header("cookie"))
        first.answer(200, json, "set-cookie: a=b", "expires: Fri, 01 Jan 2100 00:00:00 GMT", body: poll("red"))
        let second = try await server.next()
        XCTAssertNil(second.header("cookie"))
        second.answer(200, json, "etag: \"1\"", body: poll("red"))
        let third = try await server.next()
        XCTAssertEqual(third.header("if-none-match"), "\"1\"")
        // Some servers announce the compression of a body that this status does not have.
        third.send("HTTP/1.1 304 Not Modified\r\ncontent-encoding: gzip\r\n\r\n")
        try await server.next().answer(200, json, body: poll("blue"))
        _ = try await server.next()
        XCTAssertEqual(client.string("COLOUR"), "blue")
        XCTAssertNil(client.status.problem)
    }

    /// The time limits of the program's session are for each of its requests.
    func testAQuietStreamOutlivesTheTimeLimitsOfTheSession() async throws {
        let short = URLSessionConfiguration.ephemeral
        (short.timeoutIntervalForRequest, short.timeoutIntervalForResource) = (1, 1)
        let client = try server.client(.streaming) { $0.urlSession = short }
        let request = try await server.next()
        request.stream("red")
        // URLSession has its own clock, and limits of whole seconds.
        try await Task.sleep(for: .milliseconds(1500))
        request.send("event: feature\ndata: \(feature("blue"))\n\n")
        try await eventually("the stream has ended") { client.string("COLOUR") == "blue" }
        XCTAssertEqual(server.count, 1)
    }

    func testHeadersAreUTF8InBothDirections() async throws {
        let client = try server.client(.polling) { settings in
            settings.interval = .milliseconds(1)
            settings.headers = ["x-team": "Käse 🦆", "x-a": "1", "X-A": "2"]
        }
        let first = try await server.next()
        XCTAssertEqual(first.header("x-team"), "Käse 🦆")
        XCTAssertEqual(first.header("x-a")?.split(separator: ",").sorted(), ["1", "2"])
        first.answer(200, json, "ETag: \"ä🦆\"", body: poll("red"))
        let second = try await server.next()
        XCTAssertEqual(second.header("if-none-match"), "\"ä🦆\"")
        XCTAssertEqual(client.string("COLOUR"), "red")
    }

    func testHeadersOfOneNameAreAList() async throws {
        let client = try server.client(.polling)
        try await server.next().answer(200, json, "cache-control: no-transform", "cache-control: max-age=7200", body: poll("red"))
        try await client.ready(timeout: RawServer.patience)
        try await eventually("\(client.status)") { client.status.nextAttempt.map { $0 > .seconds(3600) } ?? false }
    }

    func testTheEndOfTheLastClientInvalidatesTheSession() async throws {
        let client = try server.client(.once)
        let session = try XCTUnwrap(client.transport).session
        let first = try await server.next()
        let other = try client.isolated(["userkey": "mara"])
        client.close()
        try await first.awaitEnd()
        try await server.next().answer(200, json, body: poll("red"))
        try await other.ready(timeout: RawServer.patience)
        XCTAssertNotNil(session.delegate)
        other.close()
        try await eventually("the session is valid") { session.delegate == nil }
    }

    /// A redirect at the time of the end ended the program once.
    func testResponsesAtTheTimeOfTheEndAndAfterItHaveNoEffect() async throws {
        for number in 0..<100 {
            let client = try server.client(.once)
            let request = try await server.next()
            client.close()
            if number % 2 == 0 {
                request.answer(302, "location: http://edge.invalid/")
                try await client.closed()
            } else {
                try await client.closed()
                request.answer(200, json, body: poll("red"))
            }
            XCTAssertNil(client.string("COLOUR"))
            let isolated = try? client.isolated([:])
            isolated?.close()
        }
        XCTAssertEqual(server.count, 100)
    }

    func testAResponseThatDoesNotBeginIsGivenUp() async throws {
        let client = try server.client(.streaming) { settings in
            settings.limits = Limits()
            settings.limits?.head = .milliseconds(50)
        }
        let request = try await server.next()
        let problem = try await problem(of: client)
        XCTAssertTrue(problem.hasPrefix("timed_out: "), problem)
        try await request.awaitEnd()
    }

    /// URLSession reads a response as fast as it arrives.
    func testResponsesThatAreTooLargeOrTooFastFillNoMemory() async throws {
        let poll = "HTTP/1.1 200 OK\r\n\(json)\r\nContent-Length: 104857600\r\n\r\n"
        let stream = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
        let event = "event: feature\ndata: \(feature("red"))\n\n"
        let table: [(mode: FetchMode, limit: Int64, head: String, body: String, problem: String?)] = [
            (.once, 1 << 20, poll, " ", "too_large"),
            (.streaming, 1 << 20, stream, "x", "too_large"),
            (.streaming, 1 << 30, stream, event, nil),
        ]
        for (mode, limit, head, body, expected) in table {
            let client = try server.client(mode) { settings in
                settings.limits = Limits()
                settings.limits?.bytes = limit
            }
            let request = try await server.next()
            request.send(head)
            let piece = Array(String(repeating: body, count: 1 << 20 / body.utf8.count).utf8)
            let before = resident()
            var (sent, grown) = (0, 0)
            while sent < 100, request.send(piece) {
                sent += 1
                grown = max(grown, resident() - before)
                // A network is slower than this machine. Without a pause, URLSession of Linux would not end the request.
                try await Task.sleep(for: .milliseconds(5))
            }
            XCTAssertLessThan(grown, 64 << 20, "\(sent) times \(body)")
            if let expected {
                XCTAssertLessThan(sent, 100, "all was sent")
                let problem = try await problem(of: client)
                XCTAssertTrue(problem.hasPrefix("\(expected): "), problem)
            }
            client.close()
            try await request.awaitEnd()
        }
    }

    func testFailuresHaveAKindAndAReason() async throws {
        let free = try RawServer()
        free.stop()
        let mail = try RawServer(greeting: "220 mail ready\r\n")
        let table = [
            (free.url, "unreachable: the Edge cannot be reached: "),
            ("http://unknown.invalid", "unreachable: the Edge cannot be reached: "),
            ("http://under_score.invalid", "unreachable: the Edge cannot be reached: "),
            ("https://127.0.0.1:\(mail.port)", "tls: the TLS handshake with the Edge failed: "),
        ]
        for (url, expected) in table {
            let client = try server.client(.once, url: url)
            let problem = try await problem(of: client)
            XCTAssertTrue(problem.hasPrefix(expected), "\(url): \(problem)")
        }
        mail.stop()
    }

    func testACertificateThatNoAuthorityHasSignedIsRefused() async throws {
        let untrusted = try UntrustedServer()
        defer { untrusted.stop() }
        let client = try server.client(.once, url: untrusted.url)
        let problem = try await problem(of: client)
        XCTAssertTrue(problem.hasPrefix("tls: the TLS handshake with the Edge failed: "), problem)
        XCTAssertTrue(problem.lowercased().contains("certificate"), problem)
        XCTAssertFalse(client.isReady)
    }

    func testManyStreamsShareASession() async throws {
        let client = try server.client(.streaming)
        let clients = [client] + (try (1..<20).map { try client.isolated(["userkey": $0]) })
        var requests: [RawRequest] = []
        for _ in clients { requests.append(try await server.next()) }
        for request in requests { request.stream("red") }
        for client in clients { try await client.ready(timeout: RawServer.patience) }
        for client in clients { client.close() }
        for request in requests { try await request.awaitEnd() }
    }

    /// Waits for the problem of a client without features. Its text never contains the key.
    private func problem(of client: Client) async throws -> String {
        try await eventually("no problem: \(client.status)") { client.status.problem != nil }
        let status = client.status
        let text = "\(status.problem ?? ""): \(status.message ?? "")"
        XCTAssertFalse(text.contains("secret-part"), text)
        return text
    }
}

/// Returns the size of this process's memory in bytes; 0 on other systems than Linux.
private func resident() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")[1]
    return (pages.flatMap { Int($0) } ?? 0) * 4096
}

private let json = "content-type: application/json"

/// Returns a chunk of a body.
private func chunk(_ bytes: [UInt8]) -> [UInt8] {
    Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
}

/// The form of a body in gzip, without compression.
private enum Gzip {
    static let head: [UInt8] = [31, 139, 8, 0, 0, 0, 0, 0, 0, 255]

    /// Returns a part of a body, which can be inflated at once.
    static func part(_ bytes: [UInt8]) -> [UInt8] { block(bytes, isLast: false) }

    static func whole(_ bytes: [UInt8]) -> [UInt8] {
        head + block(bytes, isLast: true) + little(checksum(bytes)) + little(UInt32(bytes.count))
    }

    private static func block(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
        let length = UInt16(bytes.count)
        return [isLast ? 1 : 0] + little(length) + little(~length) + bytes
    }

    private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
        }
    }
}
