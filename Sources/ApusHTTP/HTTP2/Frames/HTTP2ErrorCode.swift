/// Why a stream or a connection was ended (RFC 9113, 7). Codes that are not known are kept as they came.
@frozen public struct HTTP2ErrorCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: UInt32

    /// The code of that number.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A graceful end, or none of the errors.
    @inlinable public static var noError: Self { Self(rawValue: 0x0) }
    /// The rules of the protocol were broken.
    @inlinable public static var protocolError: Self { Self(rawValue: 0x1) }
    /// Something failed at this end.
    @inlinable public static var internalError: Self { Self(rawValue: 0x2) }
    /// The rules of flow control were broken.
    @inlinable public static var flowControlError: Self { Self(rawValue: 0x3) }
    /// SETTINGS were not acknowledged in time.
    @inlinable public static var settingsTimeout: Self { Self(rawValue: 0x4) }
    /// A frame came on a stream that had ended.
    @inlinable public static var streamClosed: Self { Self(rawValue: 0x5) }
    /// A frame's size is not one that its type allows.
    @inlinable public static var frameSizeError: Self { Self(rawValue: 0x6) }
    /// The stream was not processed: the request can be sent again.
    @inlinable public static var refusedStream: Self { Self(rawValue: 0x7) }
    /// The stream is no longer needed.
    @inlinable public static var cancel: Self { Self(rawValue: 0x8) }
    /// The state of the field compression is lost.
    @inlinable public static var compressionError: Self { Self(rawValue: 0x9) }
    /// The connection behind a CONNECT failed.
    @inlinable public static var connectError: Self { Self(rawValue: 0xA) }
    /// The peer makes more work than it should.
    @inlinable public static var enhanceYourCalm: Self { Self(rawValue: 0xB) }
    /// The transport does not meet the requirements on TLS.
    @inlinable public static var inadequateSecurity: Self { Self(rawValue: 0xC) }
    /// The request needs HTTP/1.1.
    @inlinable public static var http11Required: Self { Self(rawValue: 0xD) }
}

extension HTTP2ErrorCode: CustomStringConvertible {
    /// The name that RFC 9113 gives it, or the number in hexadecimal.
    public var description: String {
        switch rawValue {
        case 0x0: "NO_ERROR"
        case 0x1: "PROTOCOL_ERROR"
        case 0x2: "INTERNAL_ERROR"
        case 0x3: "FLOW_CONTROL_ERROR"
        case 0x4: "SETTINGS_TIMEOUT"
        case 0x5: "STREAM_CLOSED"
        case 0x6: "FRAME_SIZE_ERROR"
        case 0x7: "REFUSED_STREAM"
        case 0x8: "CANCEL"
        case 0x9: "COMPRESSION_ERROR"
        case 0xA: "CONNECT_ERROR"
        case 0xB: "ENHANCE_YOUR_CALM"
        case 0xC: "INADEQUATE_SECURITY"
        case 0xD: "HTTP_1_1_REQUIRED"
        default: "0x" + String(rawValue, radix: 16)
        }
    }
}
