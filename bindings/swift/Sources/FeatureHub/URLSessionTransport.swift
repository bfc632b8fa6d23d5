import Foundation
internal import FeatureHubNative

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Sends the requests of a client, and of its isolated clients, with a `URLSession` of its own.
///
/// On Linux, URLSession has limits that a delegate cannot remove. Before Swift 6.4, it ends the program if a connection ends within the
/// head of a response, or if a chunked body has trailers. It rejects responses whose headers are not UTF-8, or have no space after a colon.
final class URLSessionTransport: NativeHttp {
    private struct Use: Sendable {
        var clients = 0
        /// True if the session is invalid. A task that it made then would end the program.
        var isOver = false
    }

    let session: URLSession
    private let exchanges = Exchanges()
    private let use = Locked(Use())
    /// The queue of all calls of the session. On Linux, they block while it resolves a host's name, or a response arrives without a pause.
    private let queue = DispatchQueue(label: "fh-http")

    init(_ settings: Settings) {
        let configuration = (settings.urlSession ?? .ephemeral).copy() as? URLSessionConfiguration ?? .ephemeral
        // The client has limits of its own, which are shorter. A stream has no end.
        configuration.timeoutIntervalForRequest = 86_400
        configuration.timeoutIntervalForResource = 315_360_000
        configuration.httpMaximumConnectionsPerHost = 100
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.urlCache = nil
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        let calls = OperationQueue()
        calls.name = "fh-http-delegate"
        calls.maxConcurrentOperationCount = 1
        session = URLSession(configuration: configuration, delegate: SessionDelegate(exchanges, queue), delegateQueue: calls)
    }

    /// Notes that a client uses the transport.
    func enter() {
        use.with { $0.clients += 1 }
    }

    /// Notes that a client has ended. After the last one, the session ends all requests, and frees its delegate.
    func leave() {
        queue.async { [self] in
            let isOver = use.with { use in
                use.clients -= 1
                use.isOver = use.isOver || use.clients == 0
                return use.isOver
            }
            if isOver { session.invalidateAndCancel() }
        }
    }

    func send(request: NativeRequest, exchange: NativeExchange) {
        queue.async { [self] in begin(request, exchange) }
    }

    private func begin(_ request: NativeRequest, _ exchange: NativeExchange) {
        guard let message = URLRequest(request) else {
            exchange.fail(failure: .other, text: "URLSession does not accept the URL")
            return
        }
        guard !use.with({ $0.isOver }) else {
            exchange.fail(failure: .other, text: "the client is closed")
            return
        }
        let task = session.dataTask(with: message)
        exchanges.add(ResponseQueue(exchange), of: task)
        exchange.onCancel(cancel: TaskCancel(task, queue))
        task.resume()
    }
}

extension URLRequest {
    fileprivate init?(_ request: NativeRequest) {
        guard let url = URL(string: request.url) else { return nil }
        self.init(url: url)
        httpMethod = request.method
        httpBody = request.body
        for header in request.headers { addValue(header.value, forHTTPHeaderField: header.name) }
        // A proxy that compresses a stream delays its events.
        let isStream = value(forHTTPHeaderField: "Accept") == "text/event-stream"
        if isStream { setValue("identity", forHTTPHeaderField: "Accept-Encoding") }
        // URLSession of Linux sends a request again if its connection was used before, and ends without a response.
        #if canImport(FoundationNetworking)
        setValue("close", forHTTPHeaderField: "Connection")
        #endif
    }
}

/// Ends a request that the client has given up.
private final class TaskCancel: NativeCancel {
    private let task: URLSessionDataTask
    private let queue: DispatchQueue

    init(_ task: URLSessionDataTask, _ queue: DispatchQueue) {
        (self.task, self.queue) = (task, queue)
    }

    func cancel() {
        queue.async { [task] in task.cancel() }
    }
}

/// The responses that have not ended, by the numbers of their tasks.
private final class Exchanges: Sendable {
    private let byTask = Locked<[Int: ResponseQueue]>([:])

    func add(_ response: ResponseQueue, of task: URLSessionTask) {
        byTask.with { $0[task.taskIdentifier] = response }
    }

    func of(_ task: URLSessionTask) -> ResponseQueue? {
        byTask.with { $0[task.taskIdentifier] }
    }

    func take(_ task: URLSessionTask) -> ResponseQueue? {
        byTask.with { $0.removeValue(forKey: task.taskIdentifier) }
    }
}

/// Reports a response to its exchange, in order, on a queue of its own: an exchange blocks its thread while the client does not read, and
/// must not delay the others.
private final class ResponseQueue: Sendable {
    private struct State: Sendable {
        var hasHead = false
        /// The number of bytes that the exchange has not taken.
        var waiting = 0
    }

    /// The largest number of bytes that wait for the client: twice the default limit of a poll. With more, the request fails, because
    /// URLSession of Linux cannot be slowed down.
    private static let mostWaiting = 32 << 20

    private let exchange: NativeExchange
    private let state = Locked(State())
    private let queue = DispatchQueue(label: "fh-http-response")

    init(_ exchange: NativeExchange) {
        self.exchange = exchange
    }

    /// True once the response has begun.
    var hasHead: Bool { state.with { $0.hasHead } }

    /// Reports the head, unless it was reported. The heads before it, with statuses below 200, have no effect.
    func head(_ response: URLResponse?) {
        guard let response = response as? HTTPURLResponse, response.statusCode >= 200 else { return }
        let isFirst = state.with { state in
            defer { state.hasHead = true }
            return !state.hasHead
        }
        guard isFirst else { return }
        let headers = response.allHeaderFields.map { NativeHeader(name: "\($0.key)", value: "\($0.value)") }
        let status = UInt16(clamping: response.statusCode)
        queue.async { [exchange] in exchange.head(status: status, headers: headers) }
    }

    /// Reports a piece of the body. Returns false if too many bytes wait.
    func piece(_ bytes: Data) -> Bool {
        let waiting = state.with { state in
            state.waiting += bytes.count
            return state.waiting
        }
        guard waiting <= Self.mostWaiting else { return false }
        queue.async { [exchange, state] in
            _ = exchange.piece(bytes: bytes)
            state.with { $0.waiting -= bytes.count }
        }
        return true
    }

    func end() {
        queue.async { [exchange] in exchange.end() }
    }

    func fail(_ failure: NativeFailure, _ text: String) {
        queue.async { [exchange] in exchange.fail(failure: failure, text: text) }
    }
}

/// Reports what the session receives. The session keeps it until the session is invalidated.
private final class SessionDelegate: NSObject, URLSessionDataDelegate {
    private let exchanges: Exchanges
    private let queue: DispatchQueue

    init(_ exchanges: Exchanges, _ queue: DispatchQueue) {
        (self.exchanges, self.queue) = (exchanges, queue)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        exchanges.of(dataTask)?.head(response)
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        guard let response = exchanges.of(dataTask), !response.piece(data) else { return }
        exchanges.take(dataTask)?.fail(.broken, "the response arrives faster than the client can read it")
        cancel(dataTask)
    }

    /// Ends the response to a redirect after its head. The client follows redirects by its own rules.
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        end(task, with: response)
        cancel(task)
        // On Linux, an answer after the end of the task ends the program.
        #if !canImport(FoundationNetworking)
        completionHandler(nil)
        #endif
    }

    /// Refuses to log in. The client reads the status of the response.
    func urlSession(
        _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        #if canImport(FoundationNetworking)
        // The challenge comes after the response. Without a credential, the task would not end.
        end(task, with: challenge.failureResponse)
        cancel(task)
        #else
        let logins = [NSURLAuthenticationMethodHTTPBasic, NSURLAuthenticationMethodHTTPDigest]
        let isLogin = !challenge.protectionSpace.isProxy() && logins.contains(challenge.protectionSpace.authenticationMethod)
        completionHandler(isLogin ? .rejectProtectionSpace : .performDefaultHandling, nil)
        #endif
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let error else { return end(task, with: task.response) }
        guard let response = exchanges.take(task) else { return }
        response.fail(response.hasHead ? .broken : failure(of: error, in: task), error.localizedDescription)
    }

    private func cancel(_ task: URLSessionTask) {
        queue.async { task.cancel() }
    }

    /// Reports the end of a response. Some responses without a body, and redirects, have had no head.
    private func end(_ task: URLSessionTask, with head: URLResponse?) {
        guard let response = exchanges.take(task) else { return }
        response.head(head)
        response.end()
    }

    private func failure(of error: any Error, in task: URLSessionTask) -> NativeFailure {
        guard let error = error as? URLError else { return .other }
        return switch error.code {
        case .cannotConnectToHost, .cannotFindHost, .dnsLookupFailed, .notConnectedToInternet: .connect
        case .timedOut: .connectTimeout
        case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
            .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid, .clientCertificateRejected,
            .clientCertificateRequired: .tls
        case .networkConnectionLost, .badServerResponse, .cannotParseResponse: .broken
        // URLSession of Linux has no code for failures of TLS.
        default: ["SSL", "TLS", "certificate"].contains { error.localizedDescription.contains($0) } ? .tls : .other
        }
    }
}
