import XCTest

@testable import FeatureHub

/// Weak references to objects.
final class Kept: Sendable {
    private struct Weak: Sendable {
        weak var object: (any AnyObject & Sendable)?
        let kind: String
    }

    private let references = Locked<[Weak]>([])

    func add(_ objects: any AnyObject & Sendable...) {
        let new = objects.map { Weak(object: $0, kind: "\(type(of: $0))") }
        references.with { $0 += new }
    }

    /// Asserts that all objects are freed, within 60 seconds.
    func assertFreed() async throws {
        try await eventually("not freed: \(alive)") { alive.isEmpty }
    }

    private var alive: [String] { references.with { $0.filter { $0.object != nil }.map(\.kind) } }
}
