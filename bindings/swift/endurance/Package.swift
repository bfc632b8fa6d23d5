// swift-tools-version: 6.0
import PackageDescription

// A package of its own, so that the tests of the package do not build it.
let package = Package(
    name: "endurance",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "FeatureHub", path: "..")],
    targets: [.testTarget(name: "EnduranceTests", dependencies: ["FeatureHub"])],
    swiftLanguageModes: [.v6]
)
