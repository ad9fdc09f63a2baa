import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whether Ctrl-C (SIGINT) or SIGTERM came: the run ends then, and prints what it has. A second one ends the process.
package struct Interrupt: Sendable {
    // A signal handler knows nothing but what is global.
    private static let heard = Atomic<Int32>(0)

    /// Listens from now on.
    package init() {
        Self.heard.store(0, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            _ = signal(number) { number in
                Interrupt.heard.store(number, ordering: .relaxed)
                _ = signal(number, SIG_DFL)
            }
        }
    }

    package var isHeard: Bool { Self.heard.load(ordering: .relaxed) != 0 }
}
