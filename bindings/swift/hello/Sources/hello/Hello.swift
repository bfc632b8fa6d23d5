import FeatureHub
import Foundation

/// Prints the value of a feature for a user or the reason why there is none, each change of it, and notices, until its input ends:
/// `hello EDGE KEY FEATURE USER`.
@main
struct Hello {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 5 else { return show("hello EDGE KEY FEATURE USER") }
        let (feature, user) = (words[3], words[4])
        let client = try Client(words[1], apiKeys: words[2])
        _ = client.onNotice { show("notice: \($0.kind)") }
        try await client.ready(timeout: .seconds(30))
        let context = client.context(["userkey": user])
        let changes = context.changes(of: feature)
        let detail = context.detail(feature)
        show("\(feature) for \(user): \(detail.value.map { "\($0)" } ?? detail.reason)")
        // A thread of its own, because reading the input blocks it.
        Thread.detachNewThread {
            while readLine() != nil {}
            client.close()
        }
        for await change in changes {
            show("\(feature) for \(user): \(text(change.old)) -> \(text(change.new))")
        }
    }

    private static func text(_ value: Value?) -> String {
        value.map { "\($0)" } ?? "no value"
    }

    /// Prints a line at once, also into a pipe.
    private static func show(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}
