import ApusHTTP
import ApusNet
import ApusRuntime

/// What one loop writes to an access log. Belongs to the loop.
final class LoopAccessLog {
    /// What a line tells of a request, but for what its context knows. Durations in nanoseconds.
    struct Entry {
        var status: Int
        var received: Int
        var sent: Int
        var duration: UInt64
        var firstByte: UInt64
        var failure: RequestFailure?
    }

    private let log: AccessLog
    private let ring: LineRing
    private let line = Cell(LogLine())
    private let clock = Cell(LogClock())
    private let digits = Cell(Buffer(capacity: 32))
    /// Whether requests are left out, by the place of their route.
    private let leftOut: [Bool]
    private let leavesSomeOut: Bool
    /// What the random number must not exceed.
    private let threshold: UInt64
    private let slow: UInt64
    @safe @exclusivity(unchecked) private var random: UInt64
    /// The members of the JSON, and where their names end in `names`.
    private let members: [(field: AccessLogField, end: Int)]
    /// The members' names with what stands before and behind them, one after another: `,"status":`.
    private let names: [UInt8]
    /// The patterns of the routes as JSON has them, by their places.
    private let routes: [[UInt8]]
    private let listeners: [String]

    init(_ log: AccessLog, _ service: Service) {
        self.log = log
        ring = log.writer.makeRing()
        let options = log.options
        leftOut = service.routes.map { options.leavesOut.contains($0.pattern.description) }
        leavesSomeOut = leftOut.contains(true)
        threshold = options.sampling >= 1 ? .max : UInt64(max(0, options.sampling) * 18_446_744_073_709_549_568)
        slow = options.alwaysAbove.map(\.clampedNanoseconds) ?? .max
        random = .random(in: 1 ... .max)
        listeners = service.listeners
        var members: [(AccessLogField, Int)] = []
        var names: [UInt8] = []
        var routes: [[UInt8]] = []
        if case .json(let fields) = log.format {
            for field in fields {
                names += Array((members.isEmpty ? "{" : ",").utf8) + Self.json(field.name) + Array(":".utf8)
                members.append((field, names.count))
            }
            routes = service.routes.map { Self.json($0.pattern.description) }
        }
        self.members = members
        self.names = names
        self.routes = routes
    }

    private static func json(_ text: String) -> [UInt8] {
        var line = LogLine()
        unsafe line.json(text.utf8Span.span.bytes)
        return line.copy
    }

    /// Logs a request, if it is one of those that are logged.
    @inline(__always)
    func write(_ context: Context, _ entry: Entry, _ connection: any RequestCarrier) {
        if entry.status < 400, entry.failure == nil, entry.duration <= slow, isPassedOver(context) { return }
        clock.value.update(context.loop.now)
        line.value.clear()
        switch log.format {
        case .common: writeCommon(context, entry, connection)
        case .combined:
            writeCommon(context, entry, connection)
            writeField(.referer, of: context)
            writeField(.userAgent, of: context)
        case .json: writeJSON(context, entry, connection)
        }
        line.value.plain("\n")
        if line.value.put(into: ring) { log.writer.linesCame() }
    }

    @inline(__always)
    private func isPassedOver(_ context: Context) -> Bool {
        if leavesSomeOut, let route = context.route, !route.isUnmatched, leftOut[route.index] { return true }
        guard threshold != .max else { return false }
        // G. Marsaglia, Xorshift RNGs, 2003.
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return random > threshold
    }

    // MARK: Text

    private func writeCommon(_ context: Context, _ entry: Entry, _ connection: any RequestCarrier) {
        writeClient(connection)
        line.value.plain(" - - ")
        line.value.plain(clock.value.common)
        line.value.plain(" \"")
        let bytes = context.bytes
        if context.head.target.count == 0 {
            line.value.plain("-")
        } else {
            line.value.escaped(context.head.method.of(bytes))
            line.value.plain(" ")
            line.value.escaped(target(context, bytes))
            line.value.plain(" ")
            line.value.plain(Self.version(context.head))
        }
        line.value.plain("\" ")
        line.value.decimal(entry.status)
        line.value.plain(" ")
        if entry.sent > 0 { line.value.decimal(entry.sent) } else { line.value.plain("-") }
    }

    @_lifetime(copy bytes)
    private func target(_ context: Context, _ bytes: RawSpan) -> RawSpan {
        log.options.omitsQuery && context.head.hasQuery ? context.head.path.of(bytes) : context.head.target.of(bytes)
    }

    private func writeAddress(_ address: UInt32) {
        line.value.decimal(Int(address >> 24))
        line.value.plain(".")
        line.value.decimal(Int(address >> 16 & 0xFF))
        line.value.plain(".")
        line.value.decimal(Int(address >> 8 & 0xFF))
        line.value.plain(".")
        line.value.decimal(Int(address & 0xFF))
    }

    private func writeClient(_ connection: any RequestCarrier) {
        switch connection.peerName {
        case .ipv4(let address): writeAddress(address)
        case .text(let name):
            let bytes = name.bytes
            unsafe line.value.escaped(bytes.span.bytes)
        case nil: line.value.plain("-")
        }
    }

    private func writeField(_ name: HTTPField.Name, of context: Context) {
        line.value.plain(" ")
        if let value = context.head.value(of: name, in: context.bytes) {
            line.value.quoted(value)
        } else {
            line.value.plain("\"-\"")
        }
    }

    private static func version(_ head: borrowing RequestHead) -> StaticString {
        if head.majorVersion == 2 { return "HTTP/2.0" }
        return head.minorVersion == 0 ? "HTTP/1.0" : "HTTP/1.1"
    }

    // MARK: JSON

    private func writeJSON(_ context: Context, _ entry: Entry, _ connection: any RequestCarrier) {
        if members.isEmpty { line.value.plain("{") }
        var start = 0
        for index in members.indices {
            let end = members[index].end
            unsafe names.withUnsafeBytes { unsafe line.value.plain(RawSpan(_unsafeBytes: $0).extracting(start..<end)) }
            start = end
            write(members[index].field, context, entry, connection)
        }
        line.value.plain("}")
    }

    private func write(
        _ field: AccessLogField, _ context: Context, _ entry: Entry, _ connection: any RequestCarrier
    ) {
        let bytes = context.bytes
        let isRequest = context.head.target.count > 0
        switch field {
        case .time:
            line.value.plain("\"")
            line.value.plain(clock.value.iso)
            line.value.milliseconds(clock.value.milliseconds)
            line.value.plain("Z\"")
        case .client:
            switch connection.peerName {
            case .ipv4(let address):
                line.value.plain("\"")
                writeAddress(address)
                line.value.plain("\"")
            case .text(let name):
                let bytes = name.bytes
                unsafe line.value.json(bytes.span.bytes)
            case nil: writeNull()
            }
        case .listener:
            let index = Int(connection.listener)
            writeText(index < listeners.count ? listeners[index] : nil)
        case .secure: line.value.plain(connection.isSecure ? "true" : "false")
        case .method: if isRequest { line.value.json(context.head.method.of(bytes)) } else { writeNull() }
        case .path: if isRequest { line.value.json(path(context, bytes)) } else { writeNull() }
        case .query:
            if context.head.hasQuery, !log.options.omitsQuery {
                line.value.json(context.head.query.of(bytes))
            } else {
                writeNull()
            }
        case .host: if isRequest { line.value.json(context.head.authority.of(bytes)) } else { writeNull() }
        case .version:
            line.value.plain("\"")
            line.value.plain(Self.version(context.head))
            line.value.plain("\"")
        case .route: writeRoute(context)
        case .status: line.value.decimal(entry.status)
        case .bytesReceived: line.value.decimal(entry.received)
        case .bytesSent: line.value.decimal(entry.sent)
        case .duration: line.value.seconds(entry.duration)
        case .firstByte: line.value.seconds(entry.firstByte)
        case .requestID: writeRequestID(context, bytes)
        case .referer: writeValue(.referer, of: context)
        case .userAgent: writeValue(.userAgent, of: context)
        case .failure: writeText(entry.failure?.name.description)
        case .field(let name): writeValue(name, of: context)
        }
    }

    /// The path; the whole target where it has none, as `*`.
    @_lifetime(copy bytes)
    private func path(_ context: Context, _ bytes: RawSpan) -> RawSpan {
        context.head.path.count > 0 ? context.head.path.of(bytes) : context.head.target.of(bytes)
    }

    private func writeRequestID(_ context: Context, _ bytes: RawSpan) {
        guard let mark = context.edge?.mark else { return writeText(context.extras?.requestID) }
        guard mark.given.isEmpty else { return line.value.json(mark.given.of(bytes)) }
        digits.value.removeAll()
        digits.value.append(hexadecimal: mark.high)
        digits.value.append(hexadecimal: mark.low)
        line.value.plain("\"")
        line.value.plain(digits.value)
        line.value.plain("\"")
    }

    private func writeRoute(_ context: Context) {
        guard let route = context.route, !route.isUnmatched else { return writeNull() }
        unsafe routes[route.index].withUnsafeBytes { unsafe line.value.plain(RawSpan(_unsafeBytes: $0)) }
    }

    private func writeNull() { line.value.plain("null") }

    private func writeText(_ text: String?) {
        guard let text else { return writeNull() }
        unsafe line.value.json(text.utf8Span.span.bytes)
    }

    private func writeValue(_ name: HTTPField.Name, of context: Context) {
        if let value = context.head.value(of: name, in: context.bytes) { line.value.json(value) } else { writeNull() }
    }
}
