import XCTest

@testable import FeatureHub

/// Texts that functions of a test record, on any thread.
final class Records: Sendable {
    private let texts = Locked<[String]>([])

    var all: [String] { texts.with { $0 } }

    func add(_ text: String) {
        texts.with { $0.append(text) }
    }

    /// Waits until a text was recorded.
    func wait(for text: String) async throws {
        try await eventually("no \(text) in \(all)") { all.contains(text) }
    }
}

/// Waits until a condition holds, for at most 60 seconds.
func eventually(
    _ failure: @autoclosure () -> String, isolation: isolated (any Actor)? = #isolation, _ holds: () throws -> Bool
) async throws {
    let end = Date(timeIntervalSinceNow: 60)
    while try !holds() {
        guard Date() < end else { return XCTFail(failure()) }
        try await Task.sleep(for: .milliseconds(2))
    }
}
