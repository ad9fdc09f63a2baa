/// Chunks of content in their order, for those who gather them.
extension [[UInt8]] {
    /// Adds a chunk; a short one goes into the last, if that is not long: one byte each would take fifty of memory.
    mutating func gather(_ chunk: [UInt8]) {
        if let last = indices.last, chunk.count < 1024, self[last].count + chunk.count <= 16 << 10 {
            self[last] += chunk
        } else {
            append(chunk)
        }
    }
}
