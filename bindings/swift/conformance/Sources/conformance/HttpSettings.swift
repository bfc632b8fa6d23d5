import Foundation

/// The files and variables of this process from which URLSession on Linux takes its settings. Its configuration has none for them.
enum HttpSettings {
    /// The certificate authorities of the system. Each adapter has a folder of its own here.
    private static let authorities = "/etc/ssl/certs/ca-certificates.crt"

    static func set(_ command: Members) throws {
        if let pem = command.text("ca_pem") { try pem.write(toFile: authorities, atomically: false, encoding: .utf8) }
        if let proxy = command.text("proxy") {
            setenv("http_proxy", proxy, 1)
            setenv("https_proxy", proxy, 1)
        }
    }
}
