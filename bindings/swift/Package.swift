// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "FeatureHub",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "FeatureHub", targets: ["FeatureHub"]),
        .library(name: "FeatureHubModel", targets: ["FeatureHubModel"]),
    ],
    targets: [
        // The header of the native library, which is generated. The library is found by pkg-config.
        .systemLibrary(name: "fh_uniffiFFI", pkgConfig: "fh-uniffi"),
        // The Swift code that calls the native library, which is generated. Programs do not import it.
        .target(name: "FeatureHubNative", dependencies: ["fh_uniffiFFI"]),
        .target(name: "FeatureHub", dependencies: ["FeatureHubNative"]),
        // A target of its own, because programs on Linux that link Observation need an option for the linker.
        .target(name: "FeatureHubModel", dependencies: ["FeatureHub"]),
        .testTarget(name: "FeatureHubTests", dependencies: ["FeatureHub", "FeatureHubModel"]),
    ],
    swiftLanguageModes: [.v6]
)
