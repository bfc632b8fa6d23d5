import Dispatch

public final class NWPathMonitor: Sendable {
    public init() { fatalError() }
    public var pathUpdateHandler: (@Sendable (_ newPath: NWPath) -> Void)? {
        get { fatalError() }
        set { fatalError() }
    }
    public func start(queue: DispatchQueue) { fatalError() }
    public func cancel() { fatalError() }
}

public struct NWPath: Equatable, Sendable {
    public enum Status: Sendable {
        case satisfied, unsatisfied, requiresConnection
    }
    public var status: Status { fatalError() }
    public var availableInterfaces: [NWInterface] { fatalError() }
    public var gateways: [NWEndpoint] { fatalError() }
}

public struct NWInterface: Hashable, Sendable {
    public var index: Int { fatalError() }
}

public enum NWEndpoint: Hashable, Sendable {
    case service(name: String)
}
