import Foundation
import XCTest

/// A server with TLS whose certificate is signed by no authority, in a process of the program `openssl`.
final class UntrustedServer {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private var process: Process?
    private(set) var url = ""

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (key, certificate) = (path("key.pem"), path("certificate.pem"))
        let made = try start(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", key, "-out", certificate
        )
        // Its output ends with the process.
        _ = made.output.readDataToEndOfFile()
        let server = try start("s_server", "-www", "-accept", "127.0.0.1:0", "-key", key, "-cert", certificate)
        process = server.process
        url = "https://" + (try Self.address(server.output))
    }

    func stop() {
        // A process that a test begins ignores other signals, because threads of Dispatch block them.
        if let process {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func start(_ arguments: String...) throws -> (process: Process, output: FileHandle) {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, output.fileHandleForReading)
    }

    /// Waits for the line with the address on which the server listens.
    private static func address(_ output: FileHandle) throws -> String {
        var text = ""
        while true {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            if let line = lines.first(where: { $0.hasPrefix("ACCEPT ") }) { return String(line.dropFirst(7)) }
            let piece = output.availableData
            guard !piece.isEmpty else { throw POSIXError(.ECONNREFUSED) }
            text += String(decoding: piece, as: UTF8.self)
        }
    }
}
