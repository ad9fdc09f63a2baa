import Apus
import ApusDashboard
import ApusLoad

/// What `apus top` shows of a sample: lines no wider than the terminal, and no more than it has. Sections that have more
/// to show share what is left of the terminal's rows.
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
    /// What has happened, oldest first.
    var news: [DashboardNews] = []
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
        let sections = [loops, connections, pools, limits, routes, events, slowest].filter { !$0.lines.isEmpty }
        let lines = head + TopLayout.lines(of: sections, rows: rows.map { $0 - head.count })
        return rows.map { Array(lines.prefix($0)) } ?? lines
    }

    private var head: [String] {
        let server = sample.server
        let count = sample.loops.count
        var first = " apus  \(server.places.joined(separator: ", "))  \(count) \(count == 1 ? "loop" : "loops"), "
        first += "\(server.driver)  up \(Self.span(sample.uptime))"
        first += workers
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

    /// How many workers this is about, and which of them do not answer.
    private var workers: String {
        guard let worker = sample.server.worker, let count = sample.server.workers else { return "" }
        guard let members = sample.server.members else { return "  worker \(worker) of \(count)" }
        let missing = members.filter { !$0.answers }.map { "\($0.worker)" }
        return "  \(count) workers" + (missing.isEmpty ? "" : ", without \(missing.joined(separator: ", "))")
    }

    private var loops: TopLayout.Section {
        TopLayout.Section(
            heading: heading("LOOP  PROCESSOR                   LAG P99    LAG MAX   REQUESTS/S  CONNECTIONS   TIMERS"),
            lines: sample.loops.map { loop in
                let full = Int((min(1, max(0, loop.processor)) * 16).rounded())
                let bar = String(repeating: "|", count: full) + String(repeating: " ", count: 16 - full)
                let part = loop.answers ? Self.right("\(Self.whole(loop.processor * 100)) %", 6) : "  held"
                let line =
                    "\(Self.left((loop.worker.map { "\($0)-" } ?? "") + "\(loop.index)", 4))  [\(bar)] \(part)"
                    + Self.right(Self.time(loop.lagP99), 11)
                    + Self.right(Self.time(loop.lagMax), 11)
                    + Self.right(Self.whole(loop.requests), 13)
                    + Self.right(Figures.grouped(loop.connections), 13) + Self.right(Figures.grouped(loop.timers), 9)
                return styled(
                    cut(line), !loop.answers || loop.processor > 0.9 ? .bad : loop.processor > 0.7 ? .warning : .plain)
            })
    }

    /// What connections speak, and do.
    private var connections: TopLayout.Section {
        let states = ConnectionActivity.allCases.map(\.name)
        var counts: [String: [String: Int]] = [:]
        for group in sample.connections.groups { counts[group.kind, default: [:]][group.activity] = group.count }
        let kinds = counts.map { kind, byState in (kind: kind, total: byState.values.reduce(0, &+), byState: byState) }
        let columns = ["OPEN"] + states.map { $0.uppercased() }
        return TopLayout.Section(
            heading: heading(Self.left("PROTOCOL", 16) + columns.map { Self.right($0, 12) }.joined()),
            lines: kinds.sorted { ($1.total, $0.kind) < ($0.total, $1.kind) }.map { kind in
                let numbers = [kind.total] + states.map { kind.byState[$0] ?? 0 }
                let texts = numbers.map { Self.right($0 == 0 ? "-" : Figures.grouped($0), 12) }
                return cut(Self.left(kind.kind, 16) + texts.joined())
            })
    }

    private var pools: TopLayout.Section {
        TopLayout.Section(
            heading: heading("POOL             HEALTH       WHY"),
            lines: (sample.listeners + sample.pools).map { pool in
                let style: Style =
                    switch pool.health {
                    case "healthy": .good
                    case "degraded": .warning
                    default: .bad
                    }
                let line = "\(Self.left(pool.name, 16)) \(Self.left(pool.health, 12)) \(pool.reason)"
                return styled(cut(line), style)
            })
    }

    /// The adaptive limits, where there are any.
    private var limits: TopLayout.Section {
        TopLayout.Section(
            heading: heading("LIMIT            IN FLIGHT       LIMIT   LET IN/S  TURNED AWAY/S  WITHOUT A QUEUE"),
            lines: (sample.limits ?? []).map { limit in
                let line =
                    Self.left(limit.name, 16) + Self.right(Figures.grouped(limit.inFlight), 10)
                    + Self.right(Figures.grouped(limit.limit), 12)
                    + Self.right(Self.whole(limit.enteredRate), 11) + Self.right(Self.whole(limit.shedRate), 15)
                    + Self.right(Self.time(limit.base ?? 0), 17)
                return styled(cut(line), limit.shedRate > 0 ? .warning : .plain)
            })
    }

    /// What has happened, the last first.
    private var events: TopLayout.Section {
        TopLayout.Section(
            heading: heading("EVENT"),
            lines: news.reversed().map { one in
                let age = Self.span(Double(max(0, sample.at.subtractingReportingOverflow(one.at).partialValue)) / 1000)
                let style: Style =
                    switch one.level {
                    case .info: .plain
                    case .warning: .warning
                    case .error: .bad
                    }
                let text = (one.worker.map { "worker \($0): " } ?? "") + one.text
                return styled(cut("\(Self.right(age, 11)) ago  \(Self.left(one.kind, 13)) \(text)"), style)
            }, usual: 10)
    }

    private var routes: TopLayout.Section {
        let wide = max(20, min(48, columns - 48))
        return TopLayout.Section(
            heading: heading("\(Self.left("ROUTE", wide))  REQUESTS/S        P50        P99   ERRORS"),
            lines: sample.routes.map { route in
                let name = route.route == "none" ? "\(route.method) no route" : "\(route.method) \(route.route)"
                let line =
                    Self.left(name, wide) + Self.right(Self.decimal(route.rate, route.rate < 100 ? 1 : 0), 12)
                    + Self.right(Self.time(route.p50), 11) + Self.right(Self.time(route.p99), 11)
                    + Self.right(route.errors > 0 ? "\(Self.whole(route.errors * 100)) %" : "-", 9)
                return styled(cut(line), route.errors > 0 ? .bad : .plain)
            }, usual: 10)
    }

    private var slowest: TopLayout.Section {
        let wide = max(20, min(48, columns - 52))
        return TopLayout.Section(
            heading: heading("\(Self.left("SLOWEST", wide))      TOTAL  RECEIVING   HANDLING    SENDING  STATUS"),
            lines: sample.slowest.map { one in
                cut(
                    Self.left("\(one.method) \(one.path)", wide) + Self.right(Self.time(one.total), 11)
                        + Self.right(Self.time(one.receiving), 11) + Self.right(Self.time(one.handling), 11)
                        + Self.right(Self.time(one.sending), 11)
                        + Self.right(one.status == 0 ? "-" : "\(one.status)", 8))
            }, usual: 8)
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

    /// At most as wide as the terminal, and nothing in it that steers one. What is cut ends in `…`, and not within a number:
    /// half of one would be taken for another.
    private func cut(_ text: String) -> String {
        let width = max(1, columns)
        let shown = Array(text.unicodeScalars.lazy.filter { !Self.steers($0) }.map(Character.init).prefix(width + 1))
        guard shown.count > width else { return String(shown) }
        var end = width - 1
        if shown[end] != " " {
            var start = end
            while start > 0, shown[start - 1] != " " { start -= 1 }
            if shown[start...end].contains(where: \.isNumber) { end = start }
        }
        return String(shown[..<end]) + "…"
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
