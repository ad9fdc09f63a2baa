/// The checksum of iSCSI (RFC 3720, B.4), which version 2 of the PROXY protocol may carry. A bit at a time: it is
/// computed once for a connection, over some hundred bytes.
enum CRC32C {
    /// The checksum of `bytes`, those of `hole` taken for zeros.
    static func checksum(of bytes: RawSpan, zeroing hole: Range<Int>) -> UInt32 {
        var state = UInt32.max
        for index in 0..<bytes.byteCount {
            state ^= UInt32(hole.contains(index) ? 0 : bytes.byte(at: index))
            for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0x82F6_3B78 : state >> 1 }
        }
        return ~state
    }
}
