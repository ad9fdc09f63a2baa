import Apus

/// What `apus top` shows of a sample: lines no wider than the terminal, and no more than it has.
struct TopScreen {
    /// How letters look.
    enum Style: String {
        case plain = ""
        case bold = "1"
        case quiet = "2"
        case good = "32"
        case warning = "33"
        case bad = "31"
        case title = "7"
    }

    let sample: DashboardSample
    /// Requests a second before, oldest first.
    var rates: [Double] = []
    var columns = 100
    /// The most lines; nil is without limit.
    var rows: Int?
    var isColoured = false
    /// Why the last question was not answered.
    var trouble: String?

    /// The lines.
    var lines: [String] {
        var lines = head
        let sections = [loops, pools, routes, slowest]
        for section in sections { lines += [""] + section }
        if let rows, lines.count > rows { lines.removeLast(lines.count - rows) }
        return lines
    }

    private var head: [String] {
        let server = sample.server
        let count = sample.loops.count
        var first = " apus  \(server.places.joined(separator: ", "))  \(count) \(count == 1 ? "loop" : "loops"), "
        first += "\(server.driver)  up \(Self.span(sample.uptime))"
        if let worker = server.worker { first += "  worker \(worker) of \(server.workers ?? 1)" }
        if server.isStopping { first += "  stopping" }
        if let trouble { first += "  \(trouble)" }
        let requests = sample.requests
        let failed = requests.byStatus.count == 6 ? requests.byStatus[4] + requests.byStatus[5] : 0
        var second = "Requests/s \(Self.whole(requests.rate))  \(sparkline)"
        second += "  \(Figures.grouped(requests.total)) in all  \(requests.inProgress) in progress"
        if failed > 0 { second += "  \(Self.decimal(failed, 1)) failed/s" }
        let latency = sample.latency
        let third =
            "Latency    p50 \(Self.time(latency.p50))  p90 \(Self.time(latency.p90))  p99 \(Self.time(latency.p99))  "
            + "max \(Self.time(latency.max))"
        let process = sample.process
        let fourth =
            "Connections \(Figures.grouped(sample.connections.open))  \(Self.decimal(sample.connections.opened, 1)) new/s  "
            + "\(Self.decimal(sample.connections.refused, 1)) refused/s   Processor "
            + "\(Self.decimal(process.processor, 2)) of \(server.processor)   Memory "
            + "\(Figures.bytes(Double(max(0, process.resident))))   Descriptors \(process.descriptors)"
        return [
            styled(padded(first), trouble == nil ? .title : .bad), styled(cut(second), .bold), cut(third), cut(fourth),
        ]
    }

    private var loops: [String] {
        [heading("LOOP  PROCESSOR                   LAG P99    LAG MAX   REQUESTS/S  CONNECTIONS   TIMERS")]
            + sample.loops.map { loop in
                let full = Int((min(1, max(0, loop.processor)) * 16).rounded())
                let bar = String(repeating: "|", count: full) + String(repeating: " ", count: 16 - full)
                let part = loop.answers ? Self.right("\(Self.whole(loop.processor * 100)) %", 6) : "  held"
                let line =
                    "\(Self.left("\(loop.index)", 4))  [\(bar)] \(part)" + Self.right(Self.time(loop.lagP99), 11)
                    + Self.right(Self.time(loop.lagMax), 11)
                    + Self.right(Self.whole(loop.requests), 13)
                    + Self.right(Figures.grouped(loop.connections), 13) + Self.right(Figures.grouped(loop.timers), 9)
                return styled(
                    cut(line), !loop.answers || loop.processor > 0.9 ? .bad : loop.processor > 0.7 ? .warning : .plain)
            }
    }

    private var pools: [String] {
        let all = sample.listeners + sample.pools
        guard !all.isEmpty else { return [] }
        return [heading("POOL             HEALTH       WHY")]
            + all.map { pool in
                let style: Style =
                    switch pool.health {
                    case "healthy": .good
                    case "degraded": .warning
                    default: .bad
                    }
                let line = "\(Self.left(pool.name, 16)) \(Self.left(pool.health, 12)) \(pool.reason)"
                return styled(cut(line), style)
            }
    }

    private var routes: [String] {
        let wide = max(20, min(48, columns - 48))
        return [heading("\(Self.left("ROUTE", wide))  REQUESTS/S        P50        P99   ERRORS")]
            + sample.routes.prefix(10).map { route in
                let name = route.route == "none" ? "\(route.method) no route" : "\(route.method) \(route.route)"
                let line =
                    Self.left(name, wide) + Self.right(Self.decimal(route.rate, route.rate < 100 ? 1 : 0), 12)
                    + Self.right(Self.time(route.p50), 11) + Self.right(Self.time(route.p99), 11)
                    + Self.right(route.errors > 0 ? "\(Self.whole(route.errors * 100)) %" : "-", 9)
                return styled(cut(line), route.errors > 0 ? .bad : .plain)
            }
    }

    private var slowest: [String] {
        let wide = max(20, min(48, columns - 52))
        return [heading("\(Self.left("SLOWEST", wide))      TOTAL  RECEIVING   HANDLING    SENDING  STATUS")]
            + sample.slowest.prefix(8).map { one in
                cut(
                    Self.left("\(one.method) \(one.path)", wide) + Self.right(Self.time(one.total), 11)
                        + Self.right(Self.time(one.receiving), 11) + Self.right(Self.time(one.handling), 11)
                        + Self.right(Self.time(one.sending), 11)
                        + Self.right(one.status == 0 ? "-" : "\(one.status)", 8))
            }
    }

    /// The rates of the past as bars of eight heights.
    private var sparkline: String {
        let shown = rates.suffix(30)
        guard let most = shown.max(), most > 0 else { return "" }
        let bars = Array("▁▂▃▄▅▆▇█")
        return String(shown.map { bars[min(7, max(0, Int($0 / most * 7.99)))] })
    }

    // MARK: Text

    private func heading(_ text: String) -> String { styled(cut(text), .quiet) }

    private func styled(_ text: String, _ style: Style) -> String {
        isColoured && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// At most as wide as the terminal, and nothing in it that steers one.
    private func cut(_ text: String) -> String {
        String(text.unicodeScalars.lazy.filter { !Self.steers($0) }.map(Character.init).prefix(max(1, columns)))
    }

    private func padded(_ text: String) -> String { Self.left(cut(text), columns) }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    private static func left(_ text: String, _ width: Int) -> String {
        let cut = text.count > width ? String(text.prefix(width - 1)) + "…" : text
        return cut + String(repeating: " ", count: max(0, width - cut.count))
    }

    private static func right(_ text: String, _ width: Int) -> String { Figures.padded(text, width) }

    private static func time(_ microseconds: Double) -> String {
        microseconds == 0 ? "-" : Figures.time(.nanoseconds(Int64(tame(microseconds) * 1000)))
    }

    private static func whole(_ number: Double) -> String { Figures.grouped(Int(tame(number).rounded())) }
    private static func decimal(_ number: Double, _ places: Int) -> String { Figures.decimal(tame(number), places) }
    /// A number that fits into everything: what a server says is not to be relied on.
    private static func tame(_ number: Double) -> Double { min(max(number, -1e12), 1e12) }

    /// `3 h 12 min`.
    static func span(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e12)))
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(whole % 60) s"
        case ..<86400: return "\(whole / 3600) h \(whole % 3600 / 60) min"
        default: return "\(whole / 86400) d \(whole % 86400 / 3600) h"
        }
    }
}
