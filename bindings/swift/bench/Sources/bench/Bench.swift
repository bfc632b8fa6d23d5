import FeatureHub
import Foundation

/// Measures the package beside the client in Rust, and prints the tables: `bench PAYLOADS RUST [--quick | --markdown FILE]`. `PAYLOADS` is
/// the folder of the workload, and `RUST` the program that measures the client in Rust.
@main
struct Bench {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count >= 3 else { throw Failure("bench PAYLOADS RUST [--quick | --markdown FILE]") }
        Logs.send(from: .off) { _, _ in }
        let payloads = try Payloads(URL(fileURLWithPath: words[1]))
        let effort: Effort = words.contains("--quick") ? .quick : .full
        let reads = try Rows(payloads)
        let compared = try reads.compareAnswers(every: effort.every)
        let snapshot = try payloads.writeSnapshot()
        let rust = RustClient(program: words[2], snapshot: snapshot)
        let figures = try measure(reads.all + [.start(snapshot, payloads)], effort, rust)
        let page = page(figures, compared)
        print(page)
        if let mark = words.firstIndex(of: "--markdown") {
            try page.write(toFile: words[mark + 1], atomically: true, encoding: .utf8)
        }
    }
}

/// The length of a measurement.
enum Effort {
    case quick
    case full

    var rounds: Int { self == .quick ? 1 : 5 }
    /// The samples of each row in a round.
    var samples: Int { self == .quick ? 20 : 60 }
    /// Every so many users are compared.
    var every: Int { self == .quick ? 8 : 1 }
}

/// A failure that ends the program.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
