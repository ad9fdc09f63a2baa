// What it costs to count a request, and to sign a cookie: swift run -c release LimitBenchmarks
import Apus
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#endif

/// Prints the time of one call: the best of many rounds, for on a shared machine the rest is somebody else's time.
@inline(__always)
func measure(_ name: String, calls: Int = 100_000, rounds: Int = 50, _ body: (Int) -> Int) {
    let clock = ContinuousClock()
    var best = Duration.seconds(1000)
    var sum = 0
    for _ in 0..<rounds {
        let start = clock.now
        for call in 0..<calls { sum &+= body(call) }
        best = min(best, clock.now - start)
    }
    let tenths = Int(best / .nanoseconds(1) * 10 / Double(calls))
    print("\(name): \(tenths / 10).\(tenths % 10) ns (sum \(sum))")
}

/// The process's resident memory, in KiB.
func residentKiB() -> Int {
    #if canImport(Glibc)
        let file = unsafe open("/proc/self/statm", O_RDONLY)
        defer { close(file) }
        var line = [UInt8](repeating: 0, count: 128)
        let count = unsafe read(file, &line, line.count)
        let text = String(decoding: line.prefix(max(0, count)), as: UTF8.self)
        return (Int(text.split(separator: " ")[1]) ?? 0) * 4
    #else
        return 0
    #endif
}

func run() {
    let addresses = (0..<1_000_000).map { index in
        RateLimitKey(.ipv4(IPv4Address(value: UInt32(truncatingIfNeeded: index &* 2_654_435_761)), port: 1))
    }
    let second: UInt64 = 1_000_000_000
    var now = 1_000_000 * second
    for (name, rule) in [
        ("token bucket", RateLimitRule.tokenBucket(1_000_000, per: .seconds(1))),
        ("sliding window", .slidingWindow(1_000_000, per: .seconds(3600))),
    ] {
        let one = MemoryRateLimitStore(rule, capacity: 1000)
        measure("\(name), one client") { _ in
            now &+= 2000
            return one.take(1, of: addresses[0], at: now).remaining
        }
        let before = residentKiB()
        let many = MemoryRateLimitStore(rule)
        measure("\(name), a million new clients", calls: 1_000_000, rounds: 1) { call in
            many.take(1, of: addresses[call], at: now).remaining
        }
        let taken = residentKiB() - before
        print("  \(taken) KiB for \(many.count(at: now)) clients, \(many.evictionCount) forgotten early")
        measure("\(name), a million clients in turn", calls: 1_000_000, rounds: 5) { call in
            many.take(1, of: addresses[call], at: now).remaining
        }
        let later = now + 7300 * second
        print("  \(many.count(at: later)) of them two hours later")
    }
    #if TLS
        let signer = CookieSigner(keys: [SigningKey.random()])
        let signed = signer.sign("user=7", as: "session", for: .seconds(3600))
        measure("sign a cookie", calls: 1000) { _ in
            signer.sign("user=7", as: "session", for: .seconds(3600)).utf8.count
        }
        measure("verify a cookie", calls: 1000) { _ in signer.verify(signed, as: "session")?.utf8.count ?? 0 }
    #endif
    let secret = String(repeating: "k", count: 43)
    measure("compare a secret of 43 bytes") { _ in ConstantTime.isEqual(secret, to: secret) ? 1 : 0 }
}

run()
