// swift-tools-version: 6.2
// A package of its own, for nobody depends on it: it is built with flags that a package for others must not ask for.
// Fuzz/run.sh passes them.
import PackageDescription

let package = Package(
    name: "ApusFuzz",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "Apus", path: "..", traits: ["Compression"])],
    targets: [
        .target(name: "CFuzzer"),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "CFuzzer",
                .product(name: "ApusHTTP", package: "Apus"),
                .product(name: "ApusRuntime", package: "Apus"),
                .product(name: "ApusNet", package: "Apus"),
                .product(name: "Apus", package: "Apus"),
            ],
            swiftSettings: [.strictMemorySafety(), .enableExperimentalFeature("Lifetimes")]),
    ]
)
