import Foundation

/// Returns the tables of the page.
func page(_ figures: [Figure], _ compared: String) -> String {
    var lines = ["## Goals", "", "| | at most | figure | |", "|---|---:|---:|---|"]
    for figure in figures {
        switch figure.row.goal {
        case .none: continue
        case .time(let goal):
            let outcome = figure.swift <= goal ? "met" : "missed"
            lines.append("| \(figure.row.name) | \(shown(goal)) | \(shown(figure.swift)) | \(outcome) |")
        case .ratio(let goal):
            let ratio = figure.swift / figure.rust
            let outcome = ratio <= goal ? "met" : "missed"
            lines.append("| \(figure.row.name) | \(times(goal)) Rust | \(times(ratio)) | \(outcome) |")
        }
    }
    lines += ["", "## Beside Rust", "", "The time of one call, and what it allocates in Swift and below it on its thread.", ""]
    lines += ["| | Swift | Rust | ratio | allocations | bytes |", "|---|---:|---:|---:|---:|---:|"]
    for figure in figures {
        let (ratio, allocations) = (times(figure.swift / figure.rust), String(format: "%.1f", figure.allocations))
        let row = [figure.row.name, shown(figure.swift), shown(figure.rust), ratio, allocations, "\(Int(figure.bytes))"]
        lines.append("| \(row.joined(separator: " | ")) |")
    }
    lines += ["", "## Compared answers", "", "- \(compared)", ""]
    return lines.joined(separator: "\n")
}

private func times(_ ratio: Double) -> String { String(format: "%.1f ×", ratio) }

/// Returns a time with its unit.
private func shown(_ nanoseconds: Double) -> String {
    switch nanoseconds {
    case ..<1e3: String(format: "%.1f ns", nanoseconds)
    case ..<1e6: String(format: "%.2f µs", nanoseconds / 1e3)
    default: String(format: "%.2f ms", nanoseconds / 1e6)
    }
}
