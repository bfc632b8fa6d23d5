// swift-tools-version: 6.0
import PackageDescription

#if os(Linux)
// The header of the native library, which is generated. The library is found by pkg-config.
let native = Target.systemLibrary(name: "fh_uniffiFFI", pkgConfig: "fh-uniffi")
let (withoutPrivacy, privacy): ([String], [Resource]) = (["PrivacyInfo.xcprivacy"], [])
#else
// The libraries for Apple's systems with the header, which `cargo xtask dist apple` writes.
let native = Target.binaryTarget(name: "fh_uniffiFFI", path: "fh_uniffiFFI.xcframework")
let (withoutPrivacy, privacy): ([String], [Resource]) = ([], [.copy("PrivacyInfo.xcprivacy")])
#endif

let package = Package(
    name: "FeatureHub",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "FeatureHub", targets: ["FeatureHub"]),
        .library(name: "FeatureHubModel", targets: ["FeatureHubModel"]),
    ],
    targets: [
        native,
        // The Swift code that calls the native library, which is generated. Programs do not import it.
        .target(name: "FeatureHubNative", dependencies: ["fh_uniffiFFI"]),
        .target(name: "FeatureHub", dependencies: ["FeatureHubNative"], exclude: withoutPrivacy, resources: privacy),
        // A target of its own, because programs on Linux that link Observation need an option for the linker.
        .target(name: "FeatureHubModel", dependencies: ["FeatureHub"]),
        .testTarget(name: "FeatureHubTests", dependencies: ["FeatureHub", "FeatureHubModel"]),
    ],
    swiftLanguageModes: [.v6]
)
