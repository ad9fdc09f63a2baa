#if TLS && canImport(COpenSSL)
    import ApusRuntime

    /// Finding whole records in what came, however it was cut.
    extension RecordLayer {
        /// Opens records from `offset` on, and appends their content to what is at `target` already.
        ///
        /// - Parameters:
        ///   - input: What came.
        ///   - offset: What of it was taken before, and then what of it is taken.
        ///   - target: Where the content goes.
        ///   - room: How much has room there; at least ``roomToOpen``.
        ///   - filled: The bytes there.
        @unsafe func open(
            _ input: RawSpan, _ offset: inout Int, into target: UnsafeMutableRawPointer, room: Int,
            _ filled: inout Int
        ) -> Outcome {
            while offset < input.byteCount {
                guard room - filled >= Self.roomToOpen else { return .full }
                var outcome: Outcome?
                if partial.isEmpty {
                    let rest = input.extracting(offset..<input.byteCount)
                    guard rest.byteCount >= Self.headerSize else {
                        wait(rest, for: Self.headerSize, &offset)
                        return .drained
                    }
                    if let refusal = refusal(of: rest) { return refusal }
                    let size = Self.size(of: rest)
                    guard rest.byteCount >= size else {
                        wait(rest, for: size, &offset)
                        return .drained
                    }
                    offset += size
                    outcome = unsafe open(rest.extracting(first: size), target, &filled)
                } else {
                    if partial.count < Self.headerSize {
                        fill(input, &offset, upTo: Self.headerSize)
                        guard partial.count >= Self.headerSize else { return .drained }
                    }
                    if let refusal = refusal(of: partial.bytes) { return refusal }
                    let size = Self.size(of: partial.bytes)
                    fill(input, &offset, upTo: size)
                    guard partial.count == size else { return .drained }
                    var whole = Buffer()
                    swap(&whole, &partial)
                    outcome = unsafe open(whole.bytes, target, &filled)
                    pool.give(whole)
                }
                if let outcome { return outcome }
            }
            return .drained
        }

        /// Gives back what waits.
        func giveBack() {
            var rest = Buffer()
            swap(&rest, &partial)
            pool.give(rest)
        }

        static func size(of header: RawSpan) -> Int {
            let high = unsafe header.unsafeLoad(fromByteOffset: 3, as: UInt8.self)
            let low = unsafe header.unsafeLoad(fromByteOffset: 4, as: UInt8.self)
            return headerSize + Int(high) << 8 + Int(low)
        }

        /// Keeps the first part of a record.
        private func wait(_ part: RawSpan, for size: Int, _ offset: inout Int) {
            partial = pool.take(atLeast: size)
            partial.append(part)
            offset += part.byteCount
        }

        /// Adds to it, up to a size.
        private func fill(_ input: RawSpan, _ offset: inout Int, upTo size: Int) {
            let count = min(size - partial.count, input.byteCount - offset)
            guard count > 0 else { return }
            if partial.available < count { Connection.grow(&partial, by: size - partial.count, from: pool) }
            partial.append(input.extracting(offset..<offset + count))
            offset += count
        }
    }
#endif
