import Foundation

/// Runs the adapter of the package for the conformance suite: `conformance VERSION`. The argument is the version of the package.
@main
struct Main {
    static func main() async {
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(Data("conformance VERSION\n".utf8))
            exit(2)
        }
        let adapter = Adapter(version: CommandLine.arguments[1])
        await Loop.run { try await adapter.perform($0) }
    }
}
