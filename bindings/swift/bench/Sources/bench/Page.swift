import Foundation

/// Returns the tables of the page.
func page(_ figures: [Figure], _ compared: String) -> String {
    var lines = ["## Goals", "", "| | at most | figure | |", "|---|---:|---:|---|"]
    for figure in figures {
        guard let goal = figure.row.goal else { continue }
        let outcome = figure.swift <= goal ? "met" : "missed"
        lines.append("| \(figure.row.name) | \(shown(goal)) | \(shown(figure.swift)) | \(outcome) |")
    }
    lines += ["", "## Beside Rust", "", "The time of one call.", "", "| | Swift | Rust | ratio |", "|---|---:|---:|---:|"]
    for figure in figures {
        let ratio = String(format: "%.1f ×", figure.swift / figure.rust)
        lines.append("| \(figure.row.name) | \(shown(figure.swift)) | \(shown(figure.rust)) | \(ratio) |")
    }
    lines += ["", "## Compared answers", "", "- \(compared)", ""]
    return lines.joined(separator: "\n")
}

/// Returns a time with its unit.
private func shown(_ nanoseconds: Double) -> String {
    switch nanoseconds {
    case ..<1e3: String(format: "%.1f ns", nanoseconds)
    case ..<1e6: String(format: "%.2f µs", nanoseconds / 1e3)
    default: String(format: "%.2f ms", nanoseconds / 1e6)
    }
}
