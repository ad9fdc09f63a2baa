public import ApusHTTP
public import ApusNet

/// Writes a response's content while it is sent. Given to the function of a streamed response; it belongs to the
/// connection's loop and is of no use when the function has returned.
public final class ResponseWriter {
    let stream: ResponseStream
    /// What codes the content, if something does.
    private let coder: StreamCoder?

    init(_ stream: ResponseStream) {
        self.stream = stream
        coder = nil
    }

    /// A writer that codes what is written, and has `outer` send it.
    init(_ outer: ResponseWriter, _ coder: StreamCoder) {
        stream = outer.stream
        self.coder = coder
    }

    /// Sends bytes; returns when they are queued, and waits while the client is behind.
    ///
    /// - Throws: `CancellationError` when the client is gone; ``ResponseStreamError`` when more is written than the
    ///   response announced.
    public func write(_ bytes: [UInt8]) async throws {
        if let coder { try await coder.write(bytes) } else { try await stream.write(bytes) }
    }

    /// Sends text as UTF-8; like ``write(_:)-([UInt8])`` otherwise.
    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    /// Sends a part of a file, `count` bytes from `offset`, which the kernel copies; like ``write(_:)-([UInt8])``
    /// otherwise.
    public func write(_ file: OpenFile, offset: Int64, count: Int) async throws {
        if let coder {
            try await coder.write(file, offset: offset, count: count)
        } else {
            try await stream.write(file, offset: offset, count: count)
        }
    }

    /// Fields to send after the content, where the protocol has room for them: not in HTTP/1.0, and not with an
    /// announced length in HTTP/1.1 (RFC 9110, 6.5).
    public var trailers: HTTPFields {
        get { stream.trailers }
        set { stream.trailers = newValue }
    }
}

/// A mistake of a function that streams a response. The client sees the response cut off.
public enum ResponseStreamError: Error, Sendable, CustomStringConvertible {
    /// More bytes were written than `length:` announced.
    case tooLong(announced: Int64)
    /// Fewer bytes were written than `length:` announced.
    case tooShort(announced: Int64, missing: Int64)
    /// Something was written behind ``TunnelStream/finish()``.
    case ended

    /// What happened and what to do.
    public var description: String {
        switch self {
        case .tooLong(let announced):
            "a streamed response wrote more than the \(announced) bytes it announced: correct length:, or leave it out"
        case .tooShort(let announced, let missing):
            "a streamed response ended \(missing) bytes before the \(announced) it announced: correct length:, or leave it out"
        case .ended: "a tunnel was written to behind its end: write before finish()"
        }
    }
}
