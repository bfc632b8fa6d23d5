import Foundation

/// A user of the workload.
struct User: Decodable {
    let userkey: String
    let country: String
    let version: String
    let email: String
    let plan: String
}

/// The files that the program `payloads` has written.
struct Payloads {
    private struct Described: Decodable {
        let users: [User]
        let answers: [String: String]
        let keys: [String: String]
    }

    private let described: Described
    /// The features in FeatureHub's format.
    let features: String

    /// The API key of the snapshot file.
    static let apiKey = "bench/bench*key"
    /// The SHA-256 of the API key: Foundation has no function for it on Linux.
    private static let digest = "bd9c09f223a7b4f86aa54871a233eaa2e2beb4502f2e829dff98aaef6ae27f0d"

    init(_ folder: URL) throws {
        described = try JSONDecoder().decode(Described.self, from: Data(contentsOf: folder.appendingPathComponent("regex.json")))
        features = try String(contentsOf: folder.appendingPathComponent("regex-featurehub.json"), encoding: .utf8)
    }

    /// The users. Timings use the first one.
    var users: [User] { described.users }

    /// For each flag, a digit for each user: 1 if the flag is on.
    var answers: [String: String] { described.answers }

    /// Returns the key that a workload reads.
    func key(_ workload: String) throws -> String {
        guard let key = described.keys[workload] else { throw Failure("the workload has no key for \(workload)") }
        return key
    }

    /// Writes a snapshot file with the features, in the form of `docs/reference/snapshot.md`, and returns its path.
    func writeSnapshot() throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("fh-bench-snapshot.json")
        let text = #"""
            {"format":"featurehub-snapshot/1","savedAt":"2026-11-21T08:30:00.000Z","kind":"client-evaluated","keys":"\#(Self.digest)",\#
            "context":"0","environments":[{"id":"bench","features":\#(features)}]}
            """#
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }
}
