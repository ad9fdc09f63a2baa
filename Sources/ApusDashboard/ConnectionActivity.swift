/// What is spoken on a connection.
package enum ConnectionKind: UInt8, Sendable, Hashable, CaseIterable, Codable {
    case http1
    case http1TLS
    case http2
    case http2TLS
    /// The TLS handshake is under way.
    case handshake
    /// A protocol that took the connection over, or one of the program's own: it has a name of its own.
    case other

    /// The name that people read; that of others is what their handlers say.
    package var name: String {
        switch self {
        case .http1: "HTTP/1.1"
        case .http1TLS: "HTTP/1.1 TLS"
        case .http2: "HTTP/2"
        case .http2TLS: "HTTP/2 TLS"
        case .handshake: "TLS handshake"
        case .other: "other"
        }
    }
}

/// What a connection is doing.
package enum ConnectionActivity: UInt8, Sendable, Hashable, CaseIterable, Codable {
    /// It waits for a request.
    case idle
    /// A head or a content arrives.
    case receiving
    /// A handler works, or its answer is sent.
    case answering
    /// Nothing more is read from it.
    case closing

    /// The name that people read.
    package var name: String {
        switch self {
        case .idle: "idle"
        case .receiving: "receiving"
        case .answering: "answering"
        case .closing: "closing"
        }
    }
}
