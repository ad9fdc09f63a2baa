/// A snapshot in few bytes, for another process of the same program: the shortest and the longest duration, the first
/// bucket, and the counts from there on, each in seven bits a byte (LEB128); a run of empty buckets is a 0 and its length.
/// A second of a busy route takes some hundred bytes.
extension HistogramSnapshot {
    /// The snapshot as bytes; none for one of nothing.
    package var bytes: [UInt8] {
        guard count > 0 else { return [] }
        var bytes: [UInt8] = []
        func put(_ number: UInt64) {
            var left = number
            while left > 0x7F {
                bytes.append(UInt8(truncatingIfNeeded: left) | 0x80)
                left >>= 7
            }
            bytes.append(UInt8(left))
        }
        for number in [shortest, longest, UInt64(first)] { put(number) }
        var empty: UInt64 = 0
        for count in counts {
            guard count > 0 else {
                empty += 1
                continue
            }
            if empty > 0 {
                put(0)
                put(empty)
                empty = 0
            }
            put(count)
        }
        return bytes
    }

    /// What ``bytes`` has made; nil for anything else.
    package init?(bytes: some Collection<UInt8>) {
        self.init()
        guard !bytes.isEmpty else { return }
        var rest = bytes[...]
        func next() -> UInt64? {
            var number: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = rest.popFirst() {
                guard shift < 63 else { return nil }
                number |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return number }
                shift += 7
            }
            return nil
        }
        guard let shortest = next(), let longest = next(), let first = next(), first < HistogramScale.count else {
            return nil
        }
        var all = [UInt64](repeating: 0, count: HistogramScale.count)
        var place = Int(first)
        var sum: UInt64 = 0
        while !rest.isEmpty {
            guard let count = next() else { return nil }
            if count == 0 {
                guard let run = next(), run <= UInt64(all.count - place) else { return nil }
                place += Int(run)
            } else {
                guard place < all.count else { return nil }
                all[place] = count
                place += 1
                let (more, isOver) = sum.addingReportingOverflow(count)
                guard !isOver, more <= UInt64(Int.max) else { return nil }
                sum = more
            }
        }
        guard sum > 0 else { return nil }
        self.init(counts: all, shortest: shortest, longest: longest)
    }
}
