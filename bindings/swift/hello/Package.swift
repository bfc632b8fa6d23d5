// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "hello",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "FeatureHub", path: "..")],
    targets: [.executableTarget(name: "hello", dependencies: ["FeatureHub"])],
    swiftLanguageModes: [.v6]
)
