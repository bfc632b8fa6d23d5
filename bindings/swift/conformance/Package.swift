// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "conformance",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "FeatureHub", path: "..")],
    targets: [.executableTarget(name: "conformance", dependencies: ["FeatureHub"])],
    swiftLanguageModes: [.v6]
)
