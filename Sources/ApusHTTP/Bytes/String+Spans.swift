extension String {
    /// A copy of bytes that are known to be ASCII.
    init(copyingASCII bytes: RawSpan) {
        self = unsafe String(unsafeUninitializedCapacity: bytes.byteCount) { room in
            unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(room).copyMemory(from: $0) }
            return bytes.byteCount
        }
    }

    /// A copy of a field value's bytes: UTF-8 where they are valid UTF-8, else each byte as its Latin-1 character
    /// (RFC 9110, 5.5 leaves the bytes beyond ASCII opaque; this loses none of them).
    public init(copyingLatin1OrUTF8 bytes: RawSpan) {
        let valid = unsafe bytes.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        if let valid {
            self = valid
            return
        }
        var scalars = String.UnicodeScalarView()
        for index in 0..<bytes.byteCount { scalars.append(Unicode.Scalar(bytes.byte(index))) }
        self = String(scalars)
    }
}
