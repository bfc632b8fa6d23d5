import FeatureHub
import Foundation
import Synchronization

/// Starts so many threads that read the feature `STATE` all the time. They end when the client is closed.
func startReaders(_ client: AdapterClient, count: Int) {
    let events = EventCount()
    for _ in 0..<count {
        Thread.detachNewThread {
            var reader = StateReader(client, events)
            reader.run()
        }
    }
}

/// The number of events `wrong` of one client.
private final class EventCount: Sendable {
    private static let most = 10
    private let count = Atomic(0)

    /// Returns true unless there were enough events.
    func take() -> Bool { count.add(1, ordering: .relaxed).oldValue < Self.most }
}

/// Reads the feature `STATE`, and reports each value that cannot be.
private struct StateReader {
    /// Number of reads between two rests. Without rests, several readers would take all time from the client that they watch.
    private static let reads = 100
    private static let rest = 0.003

    private let client: AdapterClient
    private let events: EventCount
    private var last: UInt64?
    private var wasReady = false

    init(_ client: AdapterClient, _ events: EventCount) {
        (self.client, self.events) = (client, events)
    }

    mutating func run() {
        while true {
            for _ in 0..<Self.reads { read() }
            let readiness = client.sdk.readiness
            if readiness == .closed { return }
            if wasReady && readiness != .ready { wrong("the readiness is \(readiness.rawValue) after READY") }
            wasReady = wasReady || readiness == .ready
            Thread.sleep(forTimeInterval: Self.rest)
        }
    }

    private mutating func read() {
        guard let value = client.sdk.string("STATE") else {
            if let last {
                wrong("there is no value after value \(last)")
            } else if wasReady {
                wrong("the client is ready and has no value")
            }
            return
        }
        guard let number = number(of: value) else { return wrong("\"\(value)\" was never served") }
        if let last, number < last { return wrong("value \(number) came after value \(last)") }
        last = number
    }

    private func wrong(_ message: String) {
        if events.take() { Loop.event("wrong", ["client": .text(client.name), "message": .text(message)]) }
    }
}

/// Returns the number of a value that the runner serves; nil for any other value.
private func number(of value: String) -> UInt64? {
    let parts = value.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt64(parts[0]) else { return nil }
    let hash = String(mixed(number), radix: 16)
    return parts[1] == String(repeating: "0", count: 16 - hash.count) + hash ? number : nil
}

/// The hash of a number, as the runner computes it.
private func mixed(_ number: UInt64) -> UInt64 {
    var mixed = number &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    return mixed ^ (mixed >> 27)
}
