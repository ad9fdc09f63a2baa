/// Where a stream is in its life (RFC 9113, 5.1). The reserved states are left out, for nothing is ever pushed.
///
/// ```text
///                 ┌──────┐
///                 │ idle │
///                 └──┬───┘
///                    │ HEADERS, sent or received
///                 ┌──┴───┐
///       ┌─────────┤ open ├─────────┐
///       │         └──┬───┘         │
///       │ END_STREAM │             │ END_STREAM
///       │ received   │             │ sent
///  ┌────┴───────┐    │ RST_STREAM  │    ┌────────────┐
///  │half-closed │    │ sent or     └────┤half-closed │
///  │  (remote)  │    │ received         │  (local)   │
///  └────┬───────┘    │                  └────┬───────┘
///       │ END_STREAM sent, or RST_STREAM     │ END_STREAM received, or RST_STREAM
///       │         ┌──┴─────┐                 │
///       └─────────┤ closed ├─────────────────┘
///                 └────────┘
/// ```
@frozen public enum HTTP2StreamState: UInt8, Hashable, Sendable, CaseIterable {
    /// No frame of it was sent or received.
    case idle
    /// Both sides may send.
    case open
    /// Our side has ended; the peer may send.
    case halfClosedLocal
    /// The peer has ended; our side may send.
    case halfClosedRemote
    /// Neither side may send.
    case closed

    /// Whether the peer may send HEADERS and DATA.
    @inlinable public var canReceive: Bool { self == .open || self == .halfClosedLocal }

    /// Whether our side may send HEADERS and DATA.
    @inlinable public var canSend: Bool { self == .open || self == .halfClosedRemote }

    /// The state after END_STREAM was received, which the caller has seen to be allowed.
    @inlinable public var afterReceivedEnd: Self { self == .open ? .halfClosedRemote : .closed }

    /// The state after END_STREAM was sent.
    @inlinable public var afterSentEnd: Self { self == .open ? .halfClosedLocal : .closed }
}
