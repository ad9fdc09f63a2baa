import ApusRuntime
import Testing

@testable import ApusHTTP

/// RFC 9113, 6.5; RFC 8441, 3; RFC 9218, 2.1.
@Suite struct HTTP2SettingsTests {
    /// The settings after those codes and values of a peer, or what is wrong with them.
    static func apply(
        _ values: [(UInt16, UInt32)], from sender: HTTP2Role = .client, to before: HTTP2Settings = .initial
    ) -> Result<HTTP2Settings, HTTP2Error> {
        var settings = before
        do throws(HTTP2Error) {
            _ = try settings.apply(Array(settingsFrame(values).dropFirst(9)).span.raw, from: sender)
            return .success(settings)
        } catch {
            return .failure(error)
        }
    }

    @Test("the protocol's defaults hold before SETTINGS")
    func defaults() {
        let settings = HTTP2Settings.initial
        #expect(settings.headerTableSize == 4096 && settings.isPushEnabled && settings.maxConcurrentStreams == .max)
        #expect(settings.initialWindowSize == 65_535 && settings.maxFrameSize == 16_384)
        #expect(settings.maxHeaderListSize == .max && !settings.isConnectProtocolEnabled)
        #expect(!settings.ignoresRFC7540Priorities && !settings.hasArrived)
    }

    @Test("our own have the limits of the house")
    func ours() {
        let settings = HTTP2Settings.server
        #expect(settings.maxConcurrentStreams == 128 && settings.maxHeaderListSize == 65_536)
        #expect(!settings.isPushEnabled && settings.isConnectProtocolEnabled && settings.ignoresRFC7540Priorities)
    }

    @Test("what one side writes the other reads", arguments: [HTTP2Settings.server, .client, .initial])
    func roundTrip(_ settings: HTTP2Settings) {
        let bytes = written(57) { $0.appendHTTP2Settings(settings) }
        guard case .settings(let payload)? = readFrames(bytes).last else {
            Issue.record("no SETTINGS in \(bytes)")
            return
        }
        var read = HTTP2Settings.initial
        do throws(HTTP2Error) {
            _ = try read.apply(payload.span.raw, from: .client)
        } catch {
            Issue.record("refused: \(error)")
        }
        var expected = settings
        expected.hasArrived = true
        #expect(read == expected)
    }

    static let refused: [(code: UInt16, value: UInt32, sender: HTTP2Role, violation: HTTP2Violation)] = [
        (2, 2, .client, .invalidEnablePush),
        (2, 1, .server, .invalidEnablePush),
        (4, 0x8000_0000, .client, .invalidInitialWindowSize),
        (4, .max, .server, .invalidInitialWindowSize),
        (5, 16_383, .client, .invalidMaxFrameSize),
        (5, 0, .client, .invalidMaxFrameSize),
        (5, 1 << 24, .client, .invalidMaxFrameSize),
        (8, 2, .server, .invalidEnableConnectProtocol),
        (9, 2, .client, .invalidNoPriorities),
    ]

    @Test("a value that is not allowed ends the connection", arguments: refused.indices)
    func refuses(_ index: Int) {
        let (code, value, sender, violation) = Self.refused[index]
        #expect(Self.apply([(code, value)], from: sender) == .failure(HTTP2Error(violation)))
    }

    @Test("the outermost values that are allowed are taken")
    func takes() {
        for (code, value) in [
            (UInt16(1), UInt32.max), (1, 0), (2, 0), (2, 1), (3, 0), (3, .max), (4, 0), (4, 0x7FFF_FFFF), (5, 16_384),
            (5, 1 << 24 - 1), (6, 0), (6, .max), (8, 0), (8, 1), (9, 0), (9, 1), (0, 7), (7, 7), (0xFFFF, .max),
        ] {
            #expect((try? Self.apply([(code, value)]).get())?.hasArrived == true, "\(code) = \(value)")
        }
    }

    @Test("extended CONNECT cannot be taken back, and the refusal of old priorities cannot change")
    func constancy() throws {
        let first = try Self.apply([(8, 1), (9, 1)]).get()
        #expect(Self.apply([(8, 0)], to: first) == .failure(HTTP2Error(.invalidEnableConnectProtocol)))
        #expect(Self.apply([(9, 0)], to: first) == .failure(HTTP2Error(.invalidNoPriorities)))
        #expect(try Self.apply([(8, 1), (9, 1)], to: first).get() == first)
        let silent = try Self.apply([]).get()
        #expect(Self.apply([(9, 1)], to: silent) == .failure(HTTP2Error(.invalidNoPriorities)))
    }

    @Test("the change of the window is that of the whole frame, and of the table its smallest size is told")
    func changes() throws {
        var settings = HTTP2Settings.initial
        let values: [(UInt16, UInt32)] = [(4, 0), (1, 0), (4, 70_000), (1, 8192)]
        let change = try settings.apply(Array(settingsFrame(values).dropFirst(9)).span.raw, from: .client)
        #expect(change.windowDelta == 70_000 - 65_535)
        #expect(change.smallestHeaderTableSize == 0)
        #expect(change.count == 4)
        #expect(settings.headerTableSize == 8192)
        let none = try settings.apply(RawSpan(), from: .client)
        #expect(none.windowDelta == 0 && none.smallestHeaderTableSize == nil)
        let least = try settings.apply(Array(settingsFrame([(4, 0)]).dropFirst(9)).span.raw, from: .client)
        let most = try settings.apply(Array(settingsFrame([(4, 0x7FFF_FFFF)]).dropFirst(9)).span.raw, from: .client)
        #expect(least.windowDelta == -70_000 && most.windowDelta == .max)
    }

    @Test("the settings of an upgrade are read from base64url without padding")
    func upgradeField() {
        func read(_ text: String) -> HTTP2Settings? { HTTP2Settings(upgradeField: Array(text.utf8).span.raw) }
        // MAX_CONCURRENT_STREAMS 100, INITIAL_WINDOW_SIZE 2^30, ENABLE_PUSH 0: what curl sends.
        let curl = read("AAMAAABkAAQAoAAAAAIAAAAA")
        #expect(curl?.maxConcurrentStreams == 100 && curl?.initialWindowSize == 10_485_760)
        #expect(curl?.isPushEnabled == false)
        #expect(read("") == HTTP2Settings(arrived: ()))
        for text in [
            "AAMAAABkAAQAoAAAAAIAAAAA=", "AAM", "A", "AAMAAABkAAQA oAAAAAIAAAAA", "AAMAAAB", "+AMAAABk",
        ] {
            #expect(read(text) == nil, "\(text)")
        }
        #expect(read("AAT_____") == nil, "a window beyond its range")
    }
}

extension HTTP2Settings {
    /// The protocol's defaults as if an empty SETTINGS frame had come.
    fileprivate init(arrived: Void) {
        self.init()
        hasArrived = true
    }
}
