import Allocations
import Foundation

/// The times of a row in nanoseconds, and what one call in Swift allocates.
struct Figure {
    let row: Row
    let swift: Double
    let rust: Double
    let allocations: Double
    let bytes: Double
}

/// The program that measures the client in Rust.
struct RustClient {
    let program: String
    let snapshot: String

    /// Returns the nanoseconds of one call by row. The program follows the rule of ``share(_:of:)``.
    func times(samples: Int) throws -> [String: Double] {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--rounds", "\(samples)", "--snapshot", snapshot]
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("\(program) failed") }
        return try JSONDecoder().decode([String: Double].self, from: text)
    }
}

/// Measures all rows in rounds, each beside the client in Rust.
func measure(_ rows: [Row], _ effort: Effort, _ rust: RustClient) throws -> [Figure] {
    let counts = try rows.map { try calls(of: $0) }
    var swift = [[Double]](repeating: [], count: rows.count)
    var inRust: [[String: Double]] = []
    for round in 1...effort.rounds {
        inRust.append(try rust.times(samples: effort.samples))
        for _ in 0..<effort.samples {
            for number in rows.indices.shuffled() { swift[number].append(try rows[number].time(counts[number])) }
        }
        FileHandle.standardError.write(Data("round \(round) of \(effort.rounds)\n".utf8))
    }
    return try rows.indices.map { number in
        let name = rows[number].name
        let (allocations, bytes) = try allocated(by: rows[number])
        let times = try inRust.map { times in
            guard let time = times[name] else { throw Failure("the client in Rust has no row \(name)") }
            return time
        }
        return Figure(row: rows[number], swift: share(0.1, of: swift[number]), rust: share(0.5, of: times), allocations: allocations, bytes: bytes)
    }
}

/// Returns the allocations and the bytes of one call on the calling thread.
private func allocated(by row: Row) throws -> (Double, Double) {
    let calls = 100
    let before = allocations()
    _ = try row.time(calls)
    let after = allocations()
    return (Double(after.count - before.count) / Double(calls), Double(after.bytes - before.bytes) / Double(calls))
}

/// Returns the number of calls of a sample, which takes about 4 ms. The first samples also warm up.
private func calls(of row: Row) throws -> Int {
    var calls = 1
    while true {
        let time = try row.time(calls) * Double(calls)
        if time > 1e6 { return max(1, Int(4e6 / time * Double(calls))) }
        calls *= 2
    }
}

/// Returns the value below which a share of the values lies. A tenth suits times, because other programs on the machine only add time.
private func share(_ share: Double, of values: [Double]) -> Double {
    values.sorted()[Int(share * Double(values.count - 1))]
}
