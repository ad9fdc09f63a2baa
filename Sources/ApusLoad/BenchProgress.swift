import ApusRuntime
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The bar that shows how far a run is: on standard error, and only where that is a terminal.
struct BenchProgress {
    private static let step = Duration.milliseconds(100)

    private let options: BenchOptions
    private let meters: [LoadMeter]
    private let isTerminal = isatty(2) == 1

    init(_ options: BenchOptions, _ meters: [LoadMeter]) {
        self.options = options
        self.meters = meters
    }

    /// Redraws until the task is cancelled, and wipes the line then. Calls `stop`, once, when `interrupt` is heard.
    func show(until interrupt: Interrupt, stop: () -> Void) async {
        var start: UInt64?
        var before = (time: monotonicNanoseconds(), answers: 0)
        var isStopped = false
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.step)
            if interrupt.isHeard, !isStopped {
                isStopped = true
                stop()
            }
            guard isTerminal, !Task.isCancelled else { continue }
            let now = monotonicNanoseconds()
            let tried = meters.reduce(0) { $0 + $1.tried.load(ordering: .relaxed) }
            guard tried == options.connections else {
                write("\r\u{1B}[KConnecting: \(tried) of \(options.connections)")
                continue
            }
            let began = start ?? now
            start = began
            let answers = meters.reduce(0) { $0 + $1.answers.load(ordering: .relaxed) }
            let failures = meters.reduce(0) { $0 + $1.failures.load(ordering: .relaxed) }
            let rate = Double(answers - before.answers) * 1e9 / Double(max(now - before.time, 1))
            before = (now, answers)
            let elapsed = Duration.nanoseconds(Int64(now - began))
            write("\r\u{1B}[K" + Self.line(done(answers, elapsed), elapsed, rate: rate, failures: failures))
        }
        if isTerminal { write("\r\u{1B}[K") }
    }

    /// From 0 to 1.
    private func done(_ answers: Int, _ elapsed: Duration) -> Double {
        switch options.extent {
        case .duration(let whole): min(elapsed / whole, 1)
        case .requests(let whole): min(Double(answers) / Double(whole), 1)
        }
    }

    /// `[######··············]  30 %  3.0 s  123,456/s`
    static func line(_ done: Double, _ elapsed: Duration, rate: Double, failures: Int) -> String {
        let width = 30
        let full = Int(done * Double(width))
        let bar = String(repeating: "#", count: full) + String(repeating: "·", count: width - full)
        let percent = Figures.padded("\(Int(done * 100))", 3)
        let seconds = Figures.decimal(elapsed / .seconds(1), 1)
        let failed = failures > 0 ? "  \(Figures.grouped(failures)) failed" : ""
        return "[\(bar)] \(percent) %  \(seconds) s  \(Figures.grouped(Int(rate)))/s\(failed)"
    }

    private func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in _ = unsafe Self.writeBytes(2, bytes.baseAddress, bytes.count) }
    }

    @unsafe private static func writeBytes(_ descriptor: CInt, _ base: UnsafePointer<UInt8>?, _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.write(descriptor, base, count)
        #else
            unsafe Darwin.write(descriptor, base, count)
        #endif
    }
}
