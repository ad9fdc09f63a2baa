// swift-tools-version: 6.2
import PackageDescription

// example: GettingStarted.md, README.md
let package = Package(
    name: "Server",
    platforms: [.macOS(.v26)],
    dependencies: [.package(path: "../apus")],
    targets: [
        .executableTarget(name: "Server", dependencies: [.product(name: "Apus", package: "apus")])
    ])
// end
