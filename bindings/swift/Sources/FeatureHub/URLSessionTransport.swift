import Foundation
internal import FeatureHubNative

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Sends the requests of a client, and of its isolated clients, with a `URLSession` of its own.
final class URLSessionTransport: NativeHttp {
    private let session: URLSession
    private let exchanges = Exchanges()
    /// The number of clients. Without one, the session is invalid, and makes no task.
    private let clients = Locked(0)

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
        let queue = OperationQueue()
        queue.name = "fh-http"
        queue.maxConcurrentOperationCount = 1
        session = URLSession(configuration: configuration, delegate: SessionDelegate(exchanges), delegateQueue: queue)
    }

    /// Notes that a client uses the transport.
    func enter() {
        clients.with { $0 += 1 }
    }

    /// Notes that a client has ended. After the last one, the session ends all requests, and frees its delegate.
    func leave() {
        let isOver = clients.with { count in
            count -= 1
            return count == 0
        }
        if isOver { session.invalidateAndCancel() }
    }

    func send(request: NativeRequest, exchange: NativeExchange) {
        guard let url = URL(string: request.url) else {
            exchange.fail(failure: .other, text: "URLSession does not accept the URL")
            return
        }
        var message = URLRequest(url: url)
        message.httpMethod = request.method
        message.httpBody = request.body
        for header in request.headers { message.setValue(header.value, forHTTPHeaderField: header.name) }
        let task = clients.with { count in count == 0 ? nil : session.dataTask(with: message) }
        guard let task else {
            exchange.fail(failure: .other, text: "the client is closed")
            return
        }
        exchanges.add(exchange, of: task)
        exchange.onCancel(cancel: TaskCancel(task))
        task.resume()
    }
}

/// Ends a request that the client has given up.
private final class TaskCancel: NativeCancel {
    private let task: URLSessionDataTask

    init(_ task: URLSessionDataTask) {
        self.task = task
    }

    func cancel() {
        task.cancel()
    }
}

/// The exchanges that have not ended, by the numbers of their tasks.
private final class Exchanges: Sendable {
    private let byTask = Locked<[Int: NativeExchange]>([:])

    func add(_ exchange: NativeExchange, of task: URLSessionTask) {
        byTask.with { $0[task.taskIdentifier] = exchange }
    }

    func of(_ task: URLSessionTask) -> NativeExchange? {
        byTask.with { $0[task.taskIdentifier] }
    }

    func take(_ task: URLSessionTask) -> NativeExchange? {
        byTask.with { $0.removeValue(forKey: task.taskIdentifier) }
    }
}

/// Reports what the session receives. The session keeps it until the session is invalidated.
private final class SessionDelegate: NSObject, URLSessionDataDelegate {
    private let exchanges: Exchanges

    init(_ exchanges: Exchanges) {
        self.exchanges = exchanges
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        if let response = response as? HTTPURLResponse {
            let headers = response.allHeaderFields.map { NativeHeader(name: "\($0.key)", value: "\($0.value)") }
            exchanges.of(dataTask)?.head(status: UInt16(clamping: response.statusCode), headers: headers)
        }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        guard let exchange = exchanges.of(dataTask), exchange.piece(bytes: data) else {
            dataTask.cancel()
            return
        }
    }

    /// Refuses redirects, which the client follows by its own rules.
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let exchange = exchanges.take(task) else { return }
        if let error {
            let hasHead = task.response != nil
            exchange.fail(failure: hasHead ? .broken : failure(of: error), text: error.localizedDescription)
        } else {
            exchange.end()
        }
    }

    private func failure(of error: any Error) -> NativeFailure {
        guard let error = error as? URLError else { return .other }
        return switch error.code {
        case .cannotConnectToHost, .cannotFindHost, .dnsLookupFailed, .notConnectedToInternet: .connect
        case .timedOut: .connectTimeout
        case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
            .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid, .clientCertificateRejected,
            .clientCertificateRequired: .tls
        case .networkConnectionLost, .badServerResponse, .cannotParseResponse: .broken
        default: .other
        }
    }
}
