// swift-tools-version: 6.2
import PackageDescription

/// What every target of the house is compiled with: see CONTRIBUTING.md.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

// What Debian's file says of hiredis holds a flag that packages may not set; without it the compiler finds hiredis anyway.
#if os(Linux)
    let hiredisPackage: String? = nil
#else
    let hiredisPackage: String? = "hiredis"
#endif

let package = Package(
    name: "Apus",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "ApusRuntime", targets: ["ApusRuntime"]),
        .library(name: "ApusNet", targets: ["ApusNet"]),
        .library(name: "ApusHTTP", targets: ["ApusHTTP"]),
        .library(name: "ApusPool", targets: ["ApusPool"]),
        .library(name: "Apus", targets: ["Apus"]),
        .library(name: "ApusTesting", targets: ["ApusTesting"]),
        .executable(name: "apus", targets: ["ApusCLI"]),
    ],
    traits: [
        .default(enabledTraits: ["URing", "TLS", "Compression", "Redis"]),
        .trait(name: "URing", description: "The io_uring driver on Linux; links liburing."),
        .trait(name: "TLS", description: "TLS for servers and clients; links OpenSSL 3."),
        .trait(name: "Compression", description: "Content codings; links zlib, Brotli and Zstandard."),
        .trait(name: "Redis", description: "A client of Redis, and what nodes share by it; links hiredis."),
        // Off by default: the package behind a trait that is off is never fetched.
        .trait(name: "Logging", description: "Bridges to swift-log."),
        .trait(name: "Metrics", description: "Bridges to swift-metrics."),
        .trait(name: "Tracing", description: "Bridges to swift-distributed-tracing."),
        .trait(name: "ServiceLifecycle", description: "Bridges to swift-service-lifecycle."),
        .trait(name: "HTTPTypes", description: "Bridges to swift-http-types."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log.git", from: "1.13.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.3.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.6.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.3.0"),
    ],
    targets: [
        // The floors, lowest first: a target imports only what stands above it in this list.
        .target(name: "CSystem", path: "Sources/C/CSystem"),
        .systemLibrary(
            name: "CURing", path: "Sources/C/CURing", pkgConfig: "liburing",
            providers: [.apt(["liburing-dev"])]),
        .target(
            name: "ApusRuntime",
            dependencies: [
                "CSystem",
                .target(name: "CURing", condition: .when(platforms: [.linux], traits: ["URing"])),
            ],
            swiftSettings: house),
        // Parts of the framework and of the command that need no loop: compiled beside ApusRuntime, and not within the
        // framework, which is compiled alone.
        .target(name: "ApusConfiguration", swiftSettings: house),
        .target(name: "ApusWorkers", dependencies: ["ApusConfiguration"], swiftSettings: house),
        .target(name: "ApusDashboard", dependencies: ["ApusConfiguration"], swiftSettings: house),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/C/COpenSSL", pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .target(
            name: "ApusNet",
            dependencies: [
                "ApusRuntime", "CSystem",
                .target(name: "COpenSSL", condition: .when(traits: ["TLS"])),
            ],
            swiftSettings: house),
        .systemLibrary(
            name: "CZlib", path: "Sources/C/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        // Brotli has a package for each direction; both lie in the same place.
        .systemLibrary(
            name: "CBrotli", path: "Sources/C/CBrotli", pkgConfig: "libbrotlienc",
            providers: [.apt(["libbrotli-dev"]), .brew(["brotli"])]),
        .systemLibrary(
            name: "CZstd", path: "Sources/C/CZstd", pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
        .target(
            name: "ApusHTTP",
            dependencies: [
                "ApusRuntime",
                .target(name: "CZlib", condition: .when(traits: ["Compression"])),
                .target(name: "CBrotli", condition: .when(traits: ["Compression"])),
                .target(name: "CZstd", condition: .when(traits: ["Compression"])),
            ],
            swiftSettings: house),
        .systemLibrary(
            name: "CHiredis", path: "Sources/C/CHiredis", pkgConfig: hiredisPackage,
            providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        .target(name: "ApusPool", dependencies: ["ApusRuntime", "CSystem"], swiftSettings: house),
        // These two are of the command, and on nothing of the framework: they are compiled beside it.
        .target(name: "ApusLoad", dependencies: ["ApusRuntime", "ApusNet", "ApusHTTP"], swiftSettings: house),
        .target(
            name: "ApusArguments", dependencies: ["ApusConfiguration", "ApusLoad", "ApusRuntime"], swiftSettings: house),
        .target(
            name: "Apus",
            dependencies: [
                "ApusRuntime", "ApusConfiguration", "ApusDashboard", "ApusWorkers", "ApusNet", "ApusHTTP", "ApusPool",
                "CSystem",
                .target(name: "CHiredis", condition: .when(traits: ["Redis"])),
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Logging"])),
                .product(name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
                .product(name: "Tracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"])),
                .product(
                    name: "Instrumentation", package: "swift-distributed-tracing",
                    condition: .when(traits: ["Tracing"])),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["HTTPTypes"])),
            ],
            swiftSettings: house),
        .target(
            name: "ApusTesting", dependencies: ["Apus", "ApusHTTP", "ApusNet", "ApusRuntime"], swiftSettings: house),
        .executableTarget(
            name: "ApusCLI",
            dependencies: [
                "Apus", "ApusArguments", "ApusConfiguration", "ApusDashboard", "ApusHTTP", "ApusLoad", "ApusNet",
                "ApusRuntime", "ApusWorkers", "CSystem",
            ],
            swiftSettings: house),
        .executableTarget(name: "Hello", dependencies: ["Apus"], path: "Examples/Hello", swiftSettings: house),
        .executableTarget(name: "Notes", dependencies: ["Apus"], path: "Examples/Notes", swiftSettings: house),
        .executableTarget(
            name: "GuestBook", dependencies: ["Apus"], path: "Examples/GuestBook", exclude: ["guestbook.json5"],
            swiftSettings: house),
        .executableTarget(name: "Events", dependencies: ["Apus"], path: "Examples/Events", swiftSettings: house),
        .executableTarget(
            name: "ObservedServer", dependencies: ["Apus"], path: "Benchmarks/ObservedServer", swiftSettings: house),
        .executableTarget(
            name: "PoolBenchmarks", dependencies: ["ApusPool", "ApusRuntime"], path: "Benchmarks/PoolBenchmarks",
            swiftSettings: house),
        .executableTarget(
            name: "OverloadBenchmarks", dependencies: ["Apus", "ApusNet", "ApusPool", "ApusRuntime"],
            path: "Benchmarks/OverloadBenchmarks", swiftSettings: house),
        .executableTarget(
            name: "RouterBenchmarks", dependencies: ["Apus"], path: "Benchmarks/RouterBenchmarks", swiftSettings: house),
        .executableTarget(
            name: "LimitBenchmarks", dependencies: ["Apus", "ApusRuntime"], path: "Benchmarks/LimitBenchmarks",
            swiftSettings: house),
        .executableTarget(
            name: "MiddlewareBenchmarks", dependencies: ["Apus", "ApusHTTP", "ApusNet", "ApusRuntime"],
            path: "Benchmarks/MiddlewareBenchmarks", swiftSettings: house),
        .executableTarget(
            name: "RuntimeBenchmarks", dependencies: ["ApusRuntime"], path: "Benchmarks/RuntimeBenchmarks",
            swiftSettings: house),
        .executableTarget(
            name: "HTTPBenchmarks", dependencies: ["ApusHTTP", "ApusRuntime"], path: "Benchmarks/HTTPBenchmarks",
            swiftSettings: house),
        .executableTarget(
            name: "CodingBenchmarks",
            dependencies: [
                "ApusHTTP", "ApusRuntime", .target(name: "CZlib", condition: .when(traits: ["Compression"])),
            ],
            path: "Benchmarks/CodingBenchmarks", swiftSettings: house),
        .executableTarget(
            name: "Echo", dependencies: ["ApusNet", "ApusRuntime"], path: "Examples/Echo", swiftSettings: house),
        .executableTarget(
            name: "TCPChat", dependencies: ["ApusNet", "ApusRuntime"], path: "Examples/TCPChat", swiftSettings: house),

        .executableTarget(
            name: "FileTransfer", dependencies: ["Apus"], path: "Examples/FileTransfer",
            exclude: ["README.md", "send"],
            swiftSettings: house),

        .target(name: "TestSupport", path: "Tests/Support", swiftSettings: house),
        .testTarget(name: "ApusRuntimeTests", dependencies: ["ApusRuntime", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "ApusConfigurationTests", dependencies: ["ApusConfiguration", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "ApusNetTests",
            dependencies: [
                "ApusNet", "ApusRuntime", "TestSupport",
                .target(name: "COpenSSL", condition: .when(traits: ["TLS"])),
            ],
            swiftSettings: house),
        .testTarget(
            name: "ApusHTTPTests", dependencies: ["ApusHTTP", "ApusRuntime", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "ApusPoolTests", dependencies: ["ApusPool", "ApusRuntime", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "ApusTestingTests", dependencies: ["Apus", "ApusHTTP", "ApusNet", "ApusRuntime", "ApusTesting"],
            swiftSettings: house),
        .testTarget(
            name: "ApusTests",
            dependencies: [
                "Apus", "ApusConfiguration", "ApusDashboard", "ApusHTTP", "ApusNet", "ApusRuntime", "ApusTesting",
                "ApusWorkers", "TestSupport",
                .target(name: "COpenSSL", condition: .when(traits: ["TLS"])),
            ],
            swiftSettings: house),
        .testTarget(
            name: "BridgeTests",
            dependencies: [
                "Apus", "ApusHTTP", "ApusNet", "ApusRuntime", "ApusTesting",
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Logging"])),
                .product(name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
                .product(name: "Tracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"])),
                .product(
                    name: "InMemoryTracing", package: "swift-distributed-tracing",
                    condition: .when(traits: ["Tracing"])),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])),
                .product(
                    name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["HTTPTypes"])),
            ],
            swiftSettings: house),
        .testTarget(
            name: "ApusCLITests",
            dependencies: [
                "Apus", "ApusArguments", "ApusCLI", "ApusConfiguration", "ApusDashboard", "ApusHTTP", "ApusLoad",
                "ApusNet", "ApusRuntime", "ApusWorkers",
            ],
            swiftSettings: house),
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "Events", "FileTransfer", "GuestBook", "Notes", "TCPChat", "Apus", "ApusNet", "ApusRuntime",
                "ApusTesting",
            ],
            swiftSettings: house),
        .testTarget(
            name: "DocExamples",
            dependencies: [
                "Apus", "ApusArguments", "ApusCLI", "ApusHTTP", "ApusNet", "ApusPool", "ApusRuntime", "ApusTesting",
            ],
            exclude: ["Manifests"], swiftSettings: house),
    ]
)
