import Foundation
import XCTest

@testable import FeatureHub

/// A test server of another system: a program whose path is in an environment variable, and that executes one command per line.
final class ProgramServer {
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()
    private var read = Data()
    private var greeting = Json.null

    init(_ variable: String) throws {
        let path = try XCTUnwrap(ProcessInfo.processInfo.environment[variable], "\(variable) names no program")
        process.executableURL = URL(fileURLWithPath: path)
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
        greeting = try Json(parsing: line())
    }

    deinit {
        process.terminate()
    }

    /// The text with this name in the greeting, or in the description of its environment.
    subscript(name: String) -> String? { greeting[name].text ?? greeting["environment"][name].text }

    /// Executes a command, and returns the answer.
    @discardableResult
    func tell(_ command: String) throws -> String {
        try commands.fileHandleForWriting.write(contentsOf: Data((command + "\n").utf8))
        let answer = try line()
        XCTAssertEqual(try Json(parsing: answer)["ok"].boolean, true, answer)
        return answer
    }

    private func line() throws -> String {
        while true {
            if let end = read.firstIndex(of: 0x0A) {
                let line = read[read.startIndex..<end]
                read = Data(read[(end + 1)...])
                return String(decoding: line, as: UTF8.self)
            }
            let more = answers.fileHandleForReading.availableData
            guard !more.isEmpty else { throw POSIXError(.EPIPE) }
            read.append(more)
        }
    }
}
