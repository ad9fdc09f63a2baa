import ApusConfiguration
import ApusHTTP

extension ServerLimits {
    static let schema = ConfigurationSchema(ServerLimits()) {
        let time = ConfigurationType<Duration>.duration(.milliseconds(1) ... .seconds(7 * 86400))
        $0.section("head", \.head, HTTP1Limits.schema)
        $0.value(
            "body", \.body, .sizeOrUnlimited(), live: true,
            "Bytes of content in one request (413); a route may have its own")
        $0.value(
            "gatheredContent", \.gatheredContent, .sizeOrUnlimited(), live: true,
            "Content that a loop holds at a time for handlers that want all of it at once (503)")
        $0.value(
            "headTimeout", \.headTimeout, time, live: true, "From a request's first byte to the end of its head (408)")
        $0.value(
            "bodyTimeout", \.bodyTimeout, time, live: true,
            "How far the content of a request may be behind bodyMinimumRate (408)")
        $0.value(
            "bodyMinimumRate", \.bodyMinimumRate, .size(1...(1 << 40)), live: true,
            "What a client must send each second, but for the bodyTimeout that it has")
        $0.value("idleTimeout", \.idleTimeout, time, live: true, "When an open connection without a request is closed")
        $0.value(
            "requestTimeout", \.requestTimeout, time, live: true,
            "From a request's head to the begin of its response (503)")
        $0.value(
            "writeStallTimeout", \.writeStallTimeout, time, live: true,
            "When a client that takes nothing of what waits for it is cut off")
        $0.value(
            "tunnelIdleTimeout", \.tunnelIdleTimeout, time, orNull: "unlimited", live: true,
            "When a tunnel through which nothing goes is broken off")
        $0.value(
            "allowsHalfClose", \.allowsHalfClose, .bool, live: true,
            "Whether a client may end its side behind a request and still wait for the answer")
        $0.value(
            "requestsPerConnection", \.requestsPerConnection, .integer(1...(1 << 40)), orNull: "unlimited", live: true,
            "Requests on one connection")
        $0.section("http2", \.http2, HTTP2ServerLimits.schema)
        $0.check { limits, report in
            if limits.head.fieldLine > limits.head.fieldSection {
                report.reject(
                    "head.fieldLine", with: ["head.fieldSection"], .text(ByteSize.text(UInt64(limits.head.fieldLine))),
                    "one line can't be longer than all together: lower it, or raise head.fieldSection")
            }
            if limits.http2.pingInterval != nil, !limits.http2.isEnabled {
                report.reject(
                    "http2.pingInterval", with: ["http2.enabled"], nil,
                    "HTTP/2 is off: remove it, or set http2.enabled")
            }
        }
    }
}

extension HTTP1Limits {
    static let schema = ConfigurationSchema(HTTP1Limits()) {
        $0.value("startLine", \.startLine, .size(64...(1 << 20)), "The longest request line (414)")
        $0.value("fieldLine", \.fieldLine, .size(64...(1 << 20)), "The longest field with its name (431)")
        $0.value("fieldCount", \.fieldCount, .integer(1...10_000), "The most fields (431)")
        $0.value("fieldSection", \.fieldSection, .size(64...(16 << 20)), "All fields together (431)")
    }
}

extension HTTP2ServerLimits {
    static let schema = ConfigurationSchema(HTTP2ServerLimits()) {
        let time = ConfigurationType<Duration>.duration(.milliseconds(1) ... .seconds(86400))
        $0.value("enabled", \.isEnabled, .bool, "Whether HTTP/2 is spoken at all")
        $0.value(
            "maxConcurrentStreams", \.settings.maxConcurrentStreams, .integer(1...1_000_000), live: true,
            "Requests at once on one connection")
        $0.value(
            "maxHeaderListSize", \.settings.maxHeaderListSize, .size(1024...(16 << 20)), live: true,
            "All fields of a request together (431)")
        $0.value(
            "initialWindowSize", \.settings.initialWindowSize, .size(1...0x7FFF_FFFF), live: true,
            "Content that may arrive ahead of its handler on one stream")
        $0.value(
            "maxFrameSize", \.settings.maxFrameSize, .size(16_384...16_777_215), live: true, "The largest frame taken")
        $0.value(
            "headerTableSize", \.settings.headerTableSize, .size(0...(1 << 20)), live: true,
            "The table that requests' fields are compressed with")
        $0.value(
            "connectProtocol", \.settings.isConnectProtocolEnabled, .bool, live: true,
            "Whether extended CONNECT is announced though no route takes it")
        $0.value(
            "pingInterval", \.pingInterval, time, orNull: "none", live: true,
            "When a connection with requests in hand that says nothing is asked whether it is there")
        $0.value("pingTimeout", \.pingTimeout, time, live: true, "When one that does not answer is left")
        $0.section("peer", \.peer, HTTP2Limits.schema)
    }
}

extension HTTP2Limits {
    static let schema = ConfigurationSchema(HTTP2Limits()) {
        let time = ConfigurationType<Duration>.duration(.milliseconds(1) ... .seconds(86400))
        $0.value("fieldBlock", \.fieldBlock, .size(1024...(16 << 20)), live: true, "A field block of several frames")
        $0.value(
            "continuationFrames", \.continuationFrames, .integer(0...1024), live: true,
            "CONTINUATION frames of one block")
        $0.value(
            "connectionWindow", \.connectionWindow, .size(65_535...0x7FFF_FFFF), live: true,
            "Content that may arrive ahead of the handlers on all streams together")
        $0.value(
            "settingsAcknowledgement", \.settingsAcknowledgement, time, live: true,
            "How long a client may take to acknowledge SETTINGS")
        $0.value(
            "windowStall", \.windowStall, time, live: true, "How long a client may keep a stream from sending")
        $0.value(
            "windowStallOctets", \.windowStallOctets, .size(1...(1 << 30)), live: true,
            "What a client must let through in that time")
        $0.value(
            "smallWindowUpdate", \.smallWindowUpdate, .size(1...65_535), live: true,
            "Window updates below it count as small")
        $0.section("resets", \.resets, .rate(HTTP2Limits().resets, of: "RST_STREAM (CVE-2023-44487)"))
        $0.section(
            "provokedResets", \.provokedResets, .rate(HTTP2Limits().provokedResets, of: "stream errors (CVE-2025-8671)")
        )
        $0.section("settings", \.settings, .rate(HTTP2Limits().settings, of: "SETTINGS (CVE-2019-9515)"))
        $0.section("pings", \.pings, .rate(HTTP2Limits().pings, of: "PING (CVE-2019-9512)"))
        $0.section("emptyData", \.emptyData, .rate(HTTP2Limits().emptyData, of: "empty DATA (CVE-2019-9518)"))
        $0.section(
            "continuations", \.continuations, .rate(HTTP2Limits().continuations, of: "CONTINUATION (CVE-2024-27316)"))
        $0.section(
            "smallWindowUpdates", \.smallWindowUpdates,
            .rate(HTTP2Limits().smallWindowUpdates, of: "small window updates (CVE-2019-9511)"))
        $0.section("priorities", \.priorities, .rate(HTTP2Limits().priorities, of: "priorities (CVE-2019-9513)"))
        $0.section(
            "ignoredFrames", \.ignoredFrames, .rate(HTTP2Limits().ignoredFrames, of: "frames that change nothing"))
        $0.section(
            "stalledWindows", \.stalledWindows,
            .rate(HTTP2Limits().stalledWindows, of: "stalled streams (CVE-2019-9517)"))
    }
}

extension ConfigurationSchema<HTTP2Rate> {
    fileprivate static func rate(_ standard: HTTP2Rate, of events: String) -> ConfigurationSchema {
        ConfigurationSchema(standard) {
            $0.value("burst", \.burst, .integer(1...1_000_000), live: true, "How many at once: \(events)")
            $0.value("perSecond", \.perSecond, .integer(1...1_000_000), live: true, "How many each second: \(events)")
        }
    }
}
