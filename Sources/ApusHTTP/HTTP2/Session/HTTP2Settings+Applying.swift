/// What a SETTINGS frame changed that others must hear of.
@frozen public struct HTTP2SettingsChange: Sendable, Equatable {
    /// What every stream's send window changes by, −(2³¹ − 1) ... 2³¹ − 1 (RFC 9113, 6.9.2).
    public var windowDelta: Int32
    /// The smallest SETTINGS_HEADER_TABLE_SIZE of the frame, or nil when it had none. An encoder's table must have
    /// shrunk to it before it takes the last one (RFC 7541, 4.2).
    public var smallestHeaderTableSize: UInt32?
    /// How many settings the frame had, for who meters them.
    public var count: Int

    init(windowDelta: Int32 = 0, smallestHeaderTableSize: UInt32? = nil, count: Int) {
        self.windowDelta = windowDelta
        self.smallestHeaderTableSize = smallestHeaderTableSize
        self.count = count
    }
}

extension HTTP2Settings {
    /// Takes over what a SETTINGS frame of the peer says. Settings that are not known are ignored.
    ///
    /// The acknowledgement is due once the changes are in force.
    /// - Parameters:
    ///   - payload: The payload, whose count is a multiple of six.
    ///   - sender: The side that sent it.
    /// - Returns: What changed beyond these values.
    /// - Throws: an error that ends the connection when a value is not allowed.
    public mutating func apply(
        _ payload: RawSpan, from sender: HTTP2Role
    ) throws(HTTP2Error) -> HTTP2SettingsChange {
        let before = initialWindowSize
        var change = HTTP2SettingsChange(count: payload.byteCount / 6)
        var offset = 0
        while offset &+ 6 <= payload.byteCount {
            let value = payload.bigEndian32(offset &+ 2)
            if let code = Code(rawValue: payload.bigEndian16(offset)) {
                if let violation = apply(code, value, from: sender) { throw HTTP2Error(violation) }
                if code == .headerTableSize {
                    change.smallestHeaderTableSize = min(value, change.smallestHeaderTableSize ?? value)
                }
            }
            offset &+= 6
        }
        hasArrived = true
        change.windowDelta = Int32(bitPattern: initialWindowSize) &- Int32(bitPattern: before)
        return change
    }

    private mutating func apply(_ code: Code, _ value: UInt32, from sender: HTTP2Role) -> HTTP2Violation? {
        switch code {
        case .headerTableSize: headerTableSize = value
        case .enablePush:
            guard value <= (sender == .client ? 1 : 0) else { return .invalidEnablePush }
            isPushEnabled = value == 1
        case .maxConcurrentStreams: maxConcurrentStreams = value
        case .initialWindowSize:
            guard value <= 0x7FFF_FFFF else { return .invalidInitialWindowSize }
            initialWindowSize = value
        case .maxFrameSize:
            guard value >= 1 &<< 14, value < 1 &<< 24 else { return .invalidMaxFrameSize }
            maxFrameSize = value
        case .maxHeaderListSize: maxHeaderListSize = value
        case .enableConnectProtocol:
            // Once it was 1 the peer may rely on it.
            guard value == 1 || (value == 0 && !isConnectProtocolEnabled) else { return .invalidEnableConnectProtocol }
            isConnectProtocolEnabled = value == 1
        case .noRFC7540Priorities:
            guard value <= 1, !hasArrived || (value == 1) == ignoresRFC7540Priorities else {
                return .invalidNoPriorities
            }
            ignoresRFC7540Priorities = value == 1
        }
        return nil
    }

    /// The settings that a request to upgrade from HTTP/1.1 to h2c carries in its HTTP2-Settings field, in base64url
    /// without padding (RFC 7540, 3.2.1); nil when the value is none. They count as a SETTINGS frame of the client.
    public init?(upgradeField value: RawSpan) {
        var payload: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount = 0
        for index in 0..<value.byteCount {
            guard let digit = value.byte(index).base64URLValue else { return nil }
            bits = bits &<< 6 | UInt32(digit)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                payload.append(UInt8(truncatingIfNeeded: bits &>> UInt32(bitCount)))
            }
        }
        // What is left over of the last digit is zero, and less than a digit.
        guard bitCount < 6, bits & (1 &<< UInt32(bitCount) &- 1) == 0, payload.count % 6 == 0 else { return nil }
        self.init()
        do throws(HTTP2Error) { _ = try apply(payload.span.raw, from: .client) } catch { return nil }
    }
}

extension UInt8 {
    /// The value of a digit of base64url (RFC 4648, 5), or nil.
    fileprivate var base64URLValue: UInt8? {
        switch self {
        case 0x41...0x5A: self &- 0x41
        case 0x61...0x7A: self &- 0x61 &+ 26
        case 0x30...0x39: self &- 0x30 &+ 52
        case 0x2D: 62
        case 0x5F: 63
        default: nil
        }
    }
}
