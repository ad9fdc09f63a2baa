#if URing && canImport(CURing)
    import CURing

    /// What an operation is, and whose: the word that the kernel carries from its submission to its completion.
    ///
    /// The endpoint's slot stands in the low 28 bits, the kind above it in four, the generation in the high 32. A
    /// loop has no 2²⁸ endpoints: the system has not so many descriptors.
    struct UringOperation: Equatable {
        enum Kind: UInt8 {
            /// A multishot receive.
            case receive
            /// A multishot accept.
            case accept
            /// One send.
            case send
            /// One wait for room to write.
            case writable
            /// One wait for the peer's end, while receiving is paused.
            case hangUp
            /// The end of another operation; completes only if there was nothing to end.
            case cancel
            /// The wait for other threads.
            case wake
        }

        let word: UInt64

        private static let shift: UInt64 = 28
        private static let kindMask: UInt64 = 0xF << shift

        @inline(__always) init(_ kind: Kind, _ id: Endpoint.ID) {
            word = id.rawValue | UInt64(kind.rawValue) << Self.shift
        }

        @inline(__always) init(word: UInt64) { self.word = word }

        @inline(__always) var id: Endpoint.ID { Endpoint.ID(rawValue: word & ~Self.kindMask) }

        @inline(__always) var kind: Kind {
            guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: word >> Self.shift) & 0xF) else {
                preconditionFailure("a completion of no operation of ours")
            }
            return kind
        }
    }

    /// What arrived at an endpoint while it did not want it, and came too late to be left in the kernel.
    struct UringHeld {
        /// Bytes, in order.
        var bytes: [UInt8] = []
        /// Connections accepted; they are ours to close.
        var descriptors: [CInt] = []
        /// What came behind the bytes: 0 for the peer's end.
        var hasEnded = false
    }
#endif
