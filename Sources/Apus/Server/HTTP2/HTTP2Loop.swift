import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

/// What the HTTP/2 connections of one loop share. Everything here belongs to the loop's thread.
final class HTTP2Loop {
    let limits: HTTP2ServerLimits
    /// The fields of the block that was decoded last.
    let block: Cell<HeaderBlock>
    /// The first frames of a connection: SETTINGS, and the window of the connection.
    let greeting: [UInt8]
    /// The window of a connection for content.
    let window: HTTP2ReceiveWindow
    // In the loop's milliseconds.
    let settingsTimeout, windowStall, pingInterval, pingTimeout: UInt64
    @safe @exclusivity(unchecked) private var spares: [HTTP2Exchange] = []
    /// The field Date, encoded once a second.
    @safe @exclusivity(unchecked) private(set) var date: HPACKDate
    @safe @exclusivity(unchecked) private var dateSecond = UInt64.max

    /// Exchanges that are kept for their next use.
    private static let mostSpares = 1024

    /// - Parameters:
    ///   - limits: What is borne from clients.
    ///   - takesTunnels: Whether some route speaks a protocol, so that clients must hear that they may ask for one.
    init(_ limits: ServerLimits, takesTunnels: Bool) {
        var http2 = limits.http2
        if takesTunnels { http2.settings.isConnectProtocolEnabled = true }
        self.limits = http2
        block = Cell(
            HeaderBlock(
                limits: HeaderBlock.Limits(
                    listSize: Int(clamping: http2.settings.maxHeaderListSize), fieldCount: limits.head.fieldCount,
                    path: limits.head.startLine)))
        var frames = Buffer(capacity: 128)
        frames.appendHTTP2Settings(http2.settings)
        var window = HTTP2ReceiveWindow()
        let increment = window.grow(to: http2.peer.connectionWindow)
        if increment > 0 { frames.appendHTTP2WindowUpdate(increment, stream: .connection) }
        greeting = unsafe frames.bytes.withUnsafeBytes { unsafe Array($0) }
        self.window = window
        func milliseconds(_ duration: Duration) -> UInt64 { duration.clampedNanoseconds / 1_000_000 }
        settingsTimeout = milliseconds(http2.peer.settingsAcknowledgement)
        windowStall = milliseconds(http2.peer.windowStall)
        pingInterval = http2.pingInterval.map(milliseconds) ?? .max
        pingTimeout = milliseconds(http2.pingTimeout)
        date = Self.presentDate()
    }

    private static func presentDate() -> HPACKDate {
        HPACKDate(IMFDate(secondsSince1970: Int64(apus_realtime_nanoseconds() / 1_000_000_000)))
    }

    /// Sees to it that `date` says the present second; `now` is the loop's time in nanoseconds.
    @inline(__always)
    func updateDate(now: UInt64) {
        let second = now / 1_000_000_000
        if second != dateSecond {
            dateSecond = second
            date = Self.presentDate()
        }
    }

    func takeExchange() -> HTTP2Exchange { spares.popLast() ?? HTTP2Exchange() }

    /// Takes an exchange back that nobody knows any more.
    func giveBack(_ exchange: HTTP2Exchange) {
        guard spares.count < Self.mostSpares else { return }
        exchange.reset()
        spares.append(exchange)
    }
}
