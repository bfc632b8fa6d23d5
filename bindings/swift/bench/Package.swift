// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "bench",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "FeatureHub", path: "..")],
    targets: [
        .target(name: "Allocations"),
        .executableTarget(name: "bench", dependencies: ["Allocations", "FeatureHub"]),
    ],
    swiftLanguageModes: [.v6]
)
