// Numbers in network order; every index is checked.
extension RawSpan {
    func byte(at index: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self) }

    func bigEndian16(at index: Int) -> UInt16 {
        unsafe UInt16(bigEndian: unsafeLoadUnaligned(fromByteOffset: index, as: UInt16.self))
    }

    func bigEndian32(at index: Int) -> UInt32 {
        unsafe UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: index, as: UInt32.self))
    }

    func bigEndian64(at index: Int) -> UInt64 {
        unsafe UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }
}
